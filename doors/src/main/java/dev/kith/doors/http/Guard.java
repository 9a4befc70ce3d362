package dev.kith.doors.http;

import com.sun.net.httpserver.Headers;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides who may use a route.
 *
 * <p>Without authentication a page of any site could make a visitor's browser read from a server on the visitor's own
 * machine, by letting its name point there (DNS rebinding). Such a request carries that name as its host, so only known
 * names and bare addresses, which cannot be rebound, are let in.
 *
 * @param keys whether a key is known, compared in constant time; empty: authentication is off
 * @param hosts further host names to let in when authentication is off, in lower case
 */
public record Guard(Optional<Predicate<String>> keys, Set<String> hosts) {
    /** Characters of a key: what the other doors take. */
    private static final int KEY_CHARS_MAX = 256;

    private static final Pattern BEARER = Pattern.compile("(?i:bearer) +(\\S{1," + KEY_CHARS_MAX + "})");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]]+)(?::\\d{1,5})?");
    private static final Pattern ADDRESS = Pattern.compile("\\[.*\\]|\\d{1,3}(?:\\.\\d{1,3}){3}");

    public Guard {
        hosts = Set.copyOf(hosts);
    }

    /** The answer that refuses the request; empty where it may pass. */
    Optional<Answer> refusal(Access access, Headers headers) {
        return switch (access) {
            case OPEN -> Optional.empty();
            case KEY -> keys.map(known -> withKey(known, headers)).orElseGet(() -> withHost(headers));
        };
    }

    private static Optional<Answer> withKey(Predicate<String> known, Headers headers) {
        Optional<Matcher> bearer = only(headers, "Authorization").map(BEARER::matcher);
        if (bearer.isPresent()
                && bearer.get().matches()
                && known.test(bearer.get().group(1))) {
            return Optional.empty();
        }
        return Optional.of(Answer.error(401, "A known key is needed: Authorization: Bearer key"));
    }

    private Optional<Answer> withHost(Headers headers) {
        Optional<Matcher> host = only(headers, "Host").map(HOST::matcher);
        if (host.isPresent() && host.get().matches()) {
            String name = host.get().group(1).toLowerCase(Locale.ROOT);
            if (name.equals("localhost")
                    || hosts.contains(name)
                    || ADDRESS.matcher(name).matches()) {
                return Optional.empty();
            }
        }
        return Optional.of(Answer.error(403, "This host name is not known here; use localhost or an address"));
    }

    /** The header's value where it is there exactly once. */
    private static Optional<String> only(Headers headers, String name) {
        List<String> values = headers.get(name);
        return values != null && values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }
}
