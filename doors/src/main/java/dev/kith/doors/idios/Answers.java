package dev.kith.doors.idios;

import dev.kith.doors.http.Answer;
import dev.kith.doors.http.ErrorForm;
import dev.kith.doors.http.HttpRefusal;
import dev.kith.doors.http.Route;
import dev.kith.embed.Unembeddable;
import dev.kith.images.BadImage;
import dev.kith.images.WorkerFailure;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;

/** Answers of the dialect, and what becomes of everything that can go wrong. */
final class Answers {
    private static final Logger LOG = System.getLogger(Answers.class.getName());

    private static final String PARAMETER = "parameter_error";
    private static final String SERVER = "server_error";

    private Answers() {}

    /** A handler whose faults are answered in the original's forms. */
    static Route.Handling handling(Route.Handler handler) {
        return new Route.Handling(
                request -> {
                    try {
                        return handler.answer(request);
                    } catch (HttpRefusal refusal) {
                        throw refusal;
                    } catch (RuntimeException fault) {
                        return failure(fault);
                    }
                },
                ErrorForm.DETAIL);
    }

    static Answer json(byte[] body) {
        return Answer.of(200, Answer.JSON, body);
    }

    static Answer json(Value value) {
        return json(JsonOut.bytes(value));
    }

    static Answer problems(int status, List<Problem> problems) {
        Value detail =
                new Value.Items(problems.stream().<Value>map(Problem::json).toList());
        return detail(status, detail);
    }

    static Answer detail(int status, String text) {
        return detail(status, new Value.Text(text));
    }

    private static Answer detail(int status, Value detail) {
        return Answer.of(status, Answer.JSON, JsonOut.bytes(new Value.Fields(Map.of("detail", detail))));
    }

    static Answer failure(RuntimeException fault) {
        Failure failure = describe(fault);
        if (failure.problems().isEmpty()) {
            return internal();
        }
        return switch (failure.status()) {
            // The original says these two without a form.
            case 400, 409 ->
                detail(failure.status(), failure.problems().getFirst().message());
            default -> problems(failure.status(), failure.problems());
        };
    }

    /** What is answered in the usual form. */
    record Failure(int status, List<Problem> problems) {}

    /** The problems that a fault is; none where it is ours, and then it is in the log. */
    static Failure describe(RuntimeException fault) {
        return switch (fault) {
            case Invalid invalid -> new Failure(422, invalid.problems());
            case UnreadableBody unreadable -> outside(400, String.valueOf(unreadable.getMessage()), "value_error");
            case BadImage bad -> outside(422, bad.text(), PARAMETER);
            case Unembeddable bad -> outside(422, bad.text(), PARAMETER);
            case WorkerFailure failed -> outside(500, failed.text(), SERVER);
            case Rejection rejection ->
                switch (rejection.code()) {
                    case INVALID -> outside(422, rejection.text(), PARAMETER);
                    case NOT_FOUND -> outside(404, rejection.text(), PARAMETER);
                    case ALREADY_EXISTS, CONFLICT -> outside(409, rejection.text(), PARAMETER);
                    case UNAUTHENTICATED -> outside(401, rejection.text(), PARAMETER);
                    case EXHAUSTED, UNAVAILABLE -> outside(503, rejection.text(), SERVER);
                    case INTERNAL -> new Failure(500, List.of());
                };
            default -> {
                LOG.log(Level.ERROR, "An Idios request failed", fault);
                yield new Failure(500, List.of());
            }
        };
    }

    private static Failure outside(int status, String text, String type) {
        return new Failure(status, List.of(Problem.outside(text, type)));
    }

    private static Answer internal() {
        return Answer.text(500, "text/plain; charset=utf-8", "Internal Server Error");
    }
}
