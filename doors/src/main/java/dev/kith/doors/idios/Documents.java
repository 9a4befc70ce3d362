package dev.kith.doors.idios;

import dev.kith.doors.http.Access;
import dev.kith.doors.http.Answer;
import dev.kith.doors.http.HttpRequest;
import dev.kith.doors.http.Route;
import dev.kith.doors.http.StaticFile;
import dev.kith.vectors.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * What people see: the page, the interactive documentation, and the description of the interface that it is made from.
 * All of it is in the program, so it works without a network.
 */
final class Documents {
    /** Pictures of a collection are at any address; all else is ours. */
    private static final String PAGE_POLICY = "default-src 'self'; img-src 'self' http: https: data: blob:;"
            + " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    /** Swagger UI sets styles in its elements. */
    private static final String DOCS_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline';"
            + " img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    private static final String SWAGGER = "/META-INF/resources/webjars/swagger-ui/5.34.1/";
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]*(?:\\.[a-z0-9]+)+");
    /** Where the description says which models there are. */
    private static final String MODELS_PLACE = "\"@models@\"";

    private final Models models;
    private final String description;
    private final Map<String, Optional<StaticFile>> files = new ConcurrentHashMap<>();

    Documents(Models models) {
        this.models = models;
        this.description = new String(
                StaticFile.beside(Documents.class, "openapi.json")
                        .orElseThrow(() -> new IllegalStateException("openapi.json is not in the program"))
                        .bytes(),
                StandardCharsets.UTF_8);
    }

    List<Route> routes() {
        return List.of(
                Route.get("/openapi.json", Access.KEY, Answers.handling(_ -> description())),
                shell("/", request -> file(request, "page/index.html", PAGE_POLICY)),
                shell("/assets/{name}", request -> file(request, "page/" + name(request), PAGE_POLICY)),
                shell("/docs", request -> file(request, "docs/index.html", DOCS_POLICY)),
                shell("/redoc", request -> file(request, "docs/index.html", DOCS_POLICY)),
                shell("/docs/oauth2-redirect", request -> file(request, SWAGGER + "oauth2-redirect.html", DOCS_POLICY)),
                shell(
                        "/docs/oauth2-redirect.js",
                        request -> file(request, SWAGGER + "oauth2-redirect.js", DOCS_POLICY)),
                shell("/docs/assets/{name}", this::docsAsset));
    }

    private static Route shell(String path, Route.Handler handler) {
        return Route.get(path, Access.SHELL, Answers.handling(handler));
    }

    private Answer description() {
        List<String> names = models.names();
        Value members =
                new Value.Items(names.stream().<Value>map(Value.Text::new).toList());
        String live = new String(JsonOut.bytes(members), StandardCharsets.UTF_8);
        return Answer.text(200, Answer.JSON, description.replace(MODELS_PLACE, live.substring(1, live.length() - 1)));
    }

    private Answer docsAsset(HttpRequest request) {
        String name = name(request);
        String own = "docs/" + name;
        return file(own).isPresent() ? file(request, own, DOCS_POLICY) : file(request, SWAGGER + name, DOCS_POLICY);
    }

    /** A name without slashes, so that it can lead nowhere else; of another form, one that no file has. */
    private static String name(HttpRequest request) {
        String name = request.parameter("name");
        return NAME.matcher(name).matches() ? name : "none";
    }

    private Answer file(HttpRequest request, String name, String policy) {
        return file(name).map(file -> file.answer(request, policy)).orElseGet(() -> Answers.detail(404, "Not Found"));
    }

    /** Only what there is is kept, so that guesses fill no memory. */
    private Optional<StaticFile> file(String name) {
        Optional<StaticFile> kept = files.get(name);
        if (kept != null) {
            return kept;
        }
        Optional<StaticFile> read = StaticFile.beside(Documents.class, name);
        read.ifPresent(_ -> files.put(name, read));
        return read;
    }
}
