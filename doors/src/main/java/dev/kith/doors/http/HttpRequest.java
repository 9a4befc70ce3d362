package dev.kith.doors.http;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A request that was let in.
 *
 * @param tenant of the key that came with it, or the one of everybody
 * @param parameters of the path, by their names in the route
 * @param query its parameters
 * @param headers the value of a header, in any case of letters; empty unless it is there exactly once
 * @param payload its body, and what it holds of the room
 */
public record HttpRequest(
        String tenant,
        Map<String, String> parameters,
        Map<String, String> query,
        Function<String, Optional<String>> headers,
        Payload payload) {

    /** The body of a request, and what the request holds of the room until it ends. */
    public record Payload(Body body, Lease lease) {
        public byte[] whole() {
            return body.whole(lease);
        }
    }

    public HttpRequest {
        parameters = Map.copyOf(parameters);
        query = Map.copyOf(query);
    }

    /** A parameter of the path, which the route must have. */
    public String parameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalStateException("The route has no parameter " + name);
        }
        return value;
    }

    public Optional<String> header(String name) {
        return headers.apply(name);
    }
}
