package dev.kith.fetch;

import java.net.IDN;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An HTTP or HTTPS address. This is the only reader of addresses: what it makes of a text is what is checked, resolved,
 * asked for and shown to the other side's certificate, so no second reading can differ. Texts that others read
 * differently (backslashes, control characters, more than one {@code @}, numbers that are no plain IPv4 address) are
 * refused rather than interpreted.
 *
 * @param userInfo {@code user:password} as it stands in the text, percent signs and all; empty: none
 * @param host a name in ASCII and lower case, or an address; an IPv6 address without brackets
 * @param literal the host, where it is an address
 * @param target path and query, in ASCII, as they are sent
 */
record Address(boolean secure, String userInfo, String host, Optional<InetAddress> literal, int port, String target) {
    /** Characters of an address: four times what an Idios door takes, for redirects. */
    static final int CHARS_MAX = 8_192;

    private static final int PORT_HTTP = 80;
    private static final int PORT_HTTPS = 443;
    private static final int PORT_MAX = 65_535;
    private static final int NAME_CHARS_MAX = 253;
    private static final int IPV6_CHARS_MAX = 45;

    private static final Pattern FORM = Pattern.compile(
            "(?<scheme>https?)://(?:(?<user>[^/?#@]*)@)?(?<host>\\[[^]/?#@]*]|[^:/?#@\\[\\]]+)(?::(?<port>[0-9]{1,5}))?"
                    + "(?<path>/[^?#]*)?(?<query>\\?[^#]*)?(?:#.*)?",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*", Pattern.DOTALL);
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*");
    /** What other readers take for a number: its last label is one. */
    private static final Pattern NUMERIC = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0x[0-9a-f]*)");

    private static final Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");
    private static final Pattern IPV6 =
            Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3})?");
    /** What may stand in a path or query as it is; all else is sent as percent signs and digits. */
    private static final String PLAIN = "-._~!$&'()*+,;=:@/?";

    /** @throws FetchException where the text is no address that can be fetched */
    static Address parse(String text) {
        if (text.isEmpty() || text.length() > CHARS_MAX || text.chars().anyMatch(Address::isForbidden)) {
            throw FetchException.badUrl();
        }
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw FetchException.badUrl();
        }
        boolean secure = form.group("scheme").equalsIgnoreCase("https");
        String written = form.group("host");
        Optional<InetAddress> literal = literal(written);
        String host = literal.isPresent() ? unbracketed(written) : name(written);
        String user = form.group("user");
        String path = form.group("path");
        String query = form.group("query");
        return new Address(
                secure,
                user == null ? "" : user,
                host,
                // An international name may turn out to be an address too.
                literal.isPresent() ? literal : literal(host),
                port(form.group("port"), secure),
                encoded(path == null ? "/" : path) + encoded(query == null ? "" : query));
    }

    /** Control characters, which can end a line of a request, and the backslash, which some take for a slash. */
    private static boolean isForbidden(int character) {
        return character <= 0x1F || character == 0x7F || character == '\\';
    }

    private static int port(@org.jspecify.annotations.Nullable String digits, boolean secure) {
        if (digits == null) {
            return secure ? PORT_HTTPS : PORT_HTTP;
        }
        int port = Integer.parseInt(digits);
        if (port < 1 || port > PORT_MAX) {
            throw FetchException.badUrl();
        }
        return port;
    }

    /** The address that a host is, if it is one. */
    private static Optional<InetAddress> literal(String host) {
        if (host.startsWith("[")) {
            String inside = unbracketed(host);
            if (inside.length() > IPV6_CHARS_MAX || !IPV6.matcher(inside).matches()) {
                throw FetchException.badUrl();
            }
            try {
                return Optional.of(InetAddress.ofLiteral(inside));
            } catch (IllegalArgumentException malformed) {
                throw FetchException.badUrl();
            }
        }
        return IPV4.matcher(host).matches() ? Optional.of(InetAddress.ofLiteral(host)) : Optional.empty();
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** A host name in the form in which it is looked up; a final dot, which only says that it is whole, goes. */
    private static String name(String written) {
        String ascii;
        try {
            ascii = IDN.toASCII(written).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException malformed) {
            throw FetchException.badUrl();
        }
        String name = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
        boolean numeric = NUMERIC.matcher(name).matches() && !IPV4.matcher(name).matches();
        if (numeric || name.length() > NAME_CHARS_MAX || !NAME.matcher(name).matches()) {
            throw FetchException.badUrl();
        }
        return name;
    }

    /** Path or query as it is sent: percent signs that begin an escape stay, all that is not plain becomes one. */
    private static String encoded(String text) {
        StringBuilder sent = new StringBuilder(text.length());
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at++) {
            int octet = bytes[at] & 0xFF;
            boolean escape = octet == '%'
                    && at + 2 < bytes.length
                    && HexFormat.isHexDigit(bytes[at + 1])
                    && HexFormat.isHexDigit(bytes[at + 2]);
            boolean plain = octet < 0x80 && (Character.isLetterOrDigit(octet) || PLAIN.indexOf(octet) >= 0);
            if (escape || plain) {
                sent.append((char) octet);
            } else {
                sent.append('%').append(HexFormat.of().withUpperCase().toHexDigits((byte) octet));
            }
        }
        return sent.toString();
    }

    /**
     * Where a redirect from here leads. Credentials go along only to the same origin.
     *
     * @param location as the header says
     * @throws FetchException where it is no address that can be fetched
     */
    Address resolve(String location) {
        if (SCHEME.matcher(location).matches()) {
            return parse(location);
        }
        String scheme = secure ? "https:" : "http:";
        if (location.startsWith("//")) {
            return parse(scheme + location);
        }
        Address next = parse(scheme + "//" + authority() + merged(location));
        return new Address(secure, userInfo, host, literal, port, next.target());
    }

    /** Path and query of a relative reference, by RFC 3986, section 5.2. */
    private String merged(String reference) {
        String path = target.substring(0, target.indexOf('?') < 0 ? target.length() : target.indexOf('?'));
        if (reference.isEmpty() || reference.startsWith("#")) {
            return target;
        }
        if (reference.startsWith("?")) {
            return path + reference;
        }
        String whole = reference.startsWith("/") ? reference : path.substring(0, path.lastIndexOf('/') + 1) + reference;
        int end = (int) whole.chars().takeWhile(c -> c != '?' && c != '#').count();
        return withoutDots(whole.substring(0, end)) + whole.substring(end);
    }

    private static String withoutDots(String path) {
        Deque<String> kept = new ArrayDeque<>();
        String[] segments = path.substring(1).split("/", -1);
        for (int at = 0; at < segments.length; at++) {
            boolean dots = segments[at].equals(".") || segments[at].equals("..");
            if (segments[at].equals("..")) {
                kept.pollLast();
            }
            if (!dots) {
                kept.addLast(segments[at]);
            } else if (at == segments.length - 1) {
                kept.addLast("");
            }
        }
        return "/" + String.join("/", kept);
    }

    /** What the {@code Host} header says. */
    String authority() {
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return port == (secure ? PORT_HTTPS : PORT_HTTP) ? shown : shown + ":" + port;
    }

    /** Without credentials, path and query, which may be secrets. */
    @Override
    public String toString() {
        return (secure ? "https://" : "http://") + authority();
    }
}
