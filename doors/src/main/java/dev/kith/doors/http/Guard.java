package dev.kith.doors.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides who may use a route, from its headers alone.
 *
 * <p>Without authentication a page of any site could make a visitor's browser speak to a server on the visitor's own
 * machine: by letting its own name point there (DNS rebinding), or by sending a form to an address. The first carries
 * that name as its host, so only known names and bare addresses, which cannot be rebound, are let in. The second
 * carries the site as its origin, so only what comes from here, or from no page at all, is.
 *
 * @param tenants the tenant of a key, compared in constant time; empty: authentication is off
 * @param openTenant whose the requests are when authentication is off, and those of open routes
 * @param hosts further host names to let in when authentication is off, in lower case
 */
public record Guard(Optional<Function<String, Optional<String>>> tenants, String openTenant, Set<String> hosts) {
    /** Characters of a key: what the other doors take. */
    private static final int KEY_CHARS_MAX = 256;

    private static final Pattern BEARER = Pattern.compile("(?i:bearer) +(\\S{1," + KEY_CHARS_MAX + "})");
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\]]+)(?::\\d{1,5})?");
    private static final Pattern ADDRESS = Pattern.compile("\\[.*\\]|\\d{1,3}(?:\\.\\d{1,3}){3}");

    public Guard {
        hosts = Set.copyOf(hosts);
    }

    /** What became of a request. */
    sealed interface Verdict {
        record Passed(String tenant) implements Verdict {}

        record Refused(int status, String text) implements Verdict {}
    }

    /** @param headers all values of a header */
    Verdict judge(Access access, Function<String, List<String>> headers) {
        return switch (access) {
            case OPEN -> new Verdict.Passed(openTenant);
            case SHELL -> tenants.isPresent() ? new Verdict.Passed(openTenant) : withHost(headers);
            case KEY -> tenants.map(known -> withKey(known, headers)).orElseGet(() -> withOrigin(headers));
        };
    }

    private static Verdict withKey(Function<String, Optional<String>> known, Function<String, List<String>> headers) {
        Optional<Matcher> bearer = only(headers, "Authorization").map(BEARER::matcher);
        Optional<String> tenant = bearer.filter(Matcher::matches).flatMap(matched -> known.apply(matched.group(1)));
        return tenant.<Verdict>map(Verdict.Passed::new)
                .orElseGet(() -> new Verdict.Refused(401, "A known key is needed: Authorization: Bearer key"));
    }

    private Verdict withOrigin(Function<String, List<String>> headers) {
        Optional<String> site = only(headers, "Sec-Fetch-Site");
        boolean foreign = site.map(text -> text.endsWith("-site"))
                .orElseGet(() -> !headers.apply("Origin").isEmpty()
                        && !only(headers, "Origin").map(Guard::authority).equals(only(headers, "Host")));
        return foreign ? new Verdict.Refused(403, "Pages of other sites may not ask this") : withHost(headers);
    }

    private static String authority(String origin) {
        return origin.substring(origin.indexOf("://") < 0 ? 0 : origin.indexOf("://") + "://".length());
    }

    private Verdict withHost(Function<String, List<String>> headers) {
        Optional<Matcher> host = only(headers, "Host").map(HOST::matcher).filter(Matcher::matches);
        if (host.isPresent()) {
            String name = host.get().group(1).toLowerCase(Locale.ROOT);
            if (name.equals("localhost")
                    || hosts.contains(name)
                    || ADDRESS.matcher(name).matches()) {
                return new Verdict.Passed(openTenant);
            }
        }
        return new Verdict.Refused(
                403, "This host name is not known here; use localhost or an address, or start with --http-hosts NAME");
    }

    /** The header's value where it is there exactly once. */
    private static Optional<String> only(Function<String, List<String>> headers, String name) {
        List<String> values = headers.apply(name);
        return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }
}
