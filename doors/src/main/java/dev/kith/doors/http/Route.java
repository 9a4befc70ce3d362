package dev.kith.doors.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One thing that can be asked for. There is no way to make one without saying who may ask and how large the body may
 * be.
 *
 * @param path such as {@code /models/{model}/add}: a segment in braces takes any one segment
 * @param bodyBytesMax most bytes of a body; 0: none is taken
 */
public record Route(Method method, String path, Access access, long bodyBytesMax, Handling handling) {
    /** Methods of routes. HEAD is answered as GET without its body. */
    public enum Method {
        GET,
        POST
    }

    /** What is done, and how a refusal looks. */
    public record Handling(Handler handler, ErrorForm errors) {}

    /** Answers a request; runs on a virtual thread of the request's own. */
    @FunctionalInterface
    public interface Handler {
        Answer answer(HttpRequest request);
    }

    private static final Pattern FORM = Pattern.compile("/|(?:/(?:[\\w.-]+|\\{\\w+\\}))+");

    public Route {
        if (!FORM.matcher(path).matches()) {
            throw new IllegalArgumentException("Not the path of a route: " + path);
        }
    }

    /** A route that is only read. */
    public static Route get(String path, Access access, Handling handling) {
        return new Route(Method.GET, path, access, 0, handling);
    }

    /** The parameters in the path, if it is one of this route's. */
    Optional<Map<String, String>> match(List<String> segments) {
        List<String> own = segments(path);
        if (own.size() != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < own.size(); i++) {
            String pattern = own.get(i);
            String segment = segments.get(i);
            if (pattern.startsWith("{")) {
                if (segment.isEmpty()) {
                    return Optional.empty();
                }
                parameters.put(pattern.substring(1, pattern.length() - 1), segment);
            } else if (!pattern.equals(segment)) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }

    /** What is between the slashes: {@code /a/b} has two, {@code /a/} too, the second being empty. */
    static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        int from = 1;
        for (int slash = path.indexOf('/', from); slash >= 0; slash = path.indexOf('/', from)) {
            segments.add(path.substring(from, slash));
            from = slash + 1;
        }
        segments.add(path.substring(from));
        return segments;
    }
}
