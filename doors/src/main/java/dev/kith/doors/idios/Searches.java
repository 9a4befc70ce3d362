package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Lease;
import dev.kith.doors.idios.Checks.Range;
import dev.kith.doors.idios.Problem.Place;
import dev.kith.images.Gallery;
import dev.kith.images.Images;
import dev.kith.service.Caller;
import dev.kith.vectors.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Searching and comparing. */
final class Searches {
    /** The original has no upper bound. */
    private static final Range LIMITS = new Range(1, Gallery.LIMIT_MAX, 10);
    /** Room that a result takes, with what is written of it. */
    private static final long RESULT_BYTES = 2_048;

    /** An array that grows is there twice for a moment. */
    private static final long GROWTH = 2;

    private static final double SCORE_MAX = 100;

    private final Images images;
    private final Models models;

    Searches(Images images, Models models) {
        this.images = images;
        this.models = models;
    }

    Answer search(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Optional<Value.Fields> given = Additions.required(checks, body);
        Value.Fields fields = given.orElse(Value.Fields.EMPTY);
        Optional<String> url = checks.optional(fields, "url", Place.BODY, checks::url);
        Optional<String> text = checks.optional(fields, "text", Place.BODY, checks::text);
        int limit = (int) checks.whole(fields, "limit", LIMITS);
        checks.finish();
        Optional<String> words = text.filter(some -> !some.isEmpty());
        if (url.isEmpty() && words.isEmpty()) {
            return Answers.detail(422, "Either 'text' or 'url' must be provided.");
        }
        Caller caller = Lists.caller(request);
        return results(
                request,
                limit,
                () -> url.isPresent()
                        ? images.searchByUrl(caller, model, url.get(), limit)
                        : images.searchByText(caller, model, words.orElseThrow(), limit));
    }

    /** Searches by a picture that comes with the request. */
    Answer searchFile(HttpRequest request) {
        Upload upload = Upload.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        int limit = (int) checks.whole(upload.fields(checks), "limit", LIMITS);
        checks.finish();
        Caller caller = Lists.caller(request);
        return results(request, limit, () -> images.searchByImage(caller, model, upload.file(), limit));
    }

    /** Metadata may make results much larger than they usually are: then more room is taken as they are written. */
    static Answer results(HttpRequest request, int limit, Supplier<List<Images.Match>> search) {
        Lease lease = request.payload().lease();
        long taken = RESULT_BYTES * limit;
        lease.take(taken);
        List<Images.Match> matches = search.get();
        JsonOut out = new JsonOut().raw('[');
        for (int i = 0; i < matches.size(); i++) {
            Images.Match match = matches.get(i);
            out.comma(i).raw("{\"url\":").text(match.url()).raw(",\"metadata\":");
            out.value(match.metadata().<Value>map(fields -> fields).orElse(Value.NULL));
            out.raw(",\"similarity\":").number(score(match.similarity())).raw('}');
            long more = GROWTH * out.size() - taken;
            if (more > 0) {
                lease.take(more);
                taken += more;
            }
        }
        return Answers.json(out.raw(']').bytes());
    }

    Answer compare(HttpRequest request) {
        Optional<Value> body = JsonBody.read(request);
        Checks checks = new Checks();
        String model = models.of(request, checks);
        Value.Fields fields = Additions.required(checks, body).orElse(Value.Fields.EMPTY);
        boolean given = body.isPresent() && body.get() instanceof Value.Fields;
        Optional<String> url = given ? checks.required(fields, "url", Place.BODY, checks::url) : Optional.empty();
        Optional<String> other = given ? checks.required(fields, "other", Place.BODY, checks::url) : Optional.empty();
        checks.finish();
        double similarity = images.compare(Lists.caller(request), model, url.orElseThrow(), other.orElseThrow());
        return Answers.json(new JsonOut().number(score(similarity)).bytes());
    }

    /** Rounding can lead a little out of the range; opposed vectors lead far below it. */
    private static double score(double similarity) {
        return Math.clamp(similarity, 0, SCORE_MAX);
    }
}
