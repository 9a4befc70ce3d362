package dev.kith.fetch;

import dev.kith.vectors.Rejection;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;

/**
 * The fetcher of a server that strangers may give addresses to. Each hop goes the same way: the address is read by one
 * reader, its host is resolved once, every address that it has is checked, and the connection is made to what was
 * checked, so that a name which leads elsewhere a moment later (DNS rebinding) changes nothing. One connection a
 * request; HTTP/1.1. Why this is code of our own is said in decision 0017.
 */
public final class HttpFetcher implements Fetcher {
    private static final int OK = 200;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    /**
     * What a fetcher is told.
     *
     * @param allowed ranges that may be fetched from although they are not public
     * @param userAgent what it calls itself; printable ASCII
     */
    public record Settings(List<Cidr> allowed, String userAgent, FetchLimits limits) {
        public Settings {
            allowed = List.copyOf(allowed);
            if (userAgent.isEmpty() || !userAgent.chars().allMatch(c -> c >= ' ' && c < 0x7F)) {
                throw new IllegalArgumentException("A user agent is printable ASCII");
            }
        }
    }

    private final Settings settings;
    private final FetchLimits limits;
    private final Resolver resolver;
    private final SSLSocketFactory tls;
    private final Semaphore fetches;
    private final ResponseBody bodies;
    private final ScheduledThreadPoolExecutor timer;

    /** A fetcher with the machine's resolver and the JDK's authorities. */
    public HttpFetcher(Settings settings) {
        this(settings, Lookup::system, (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    HttpFetcher(Settings settings, Lookup lookup, SSLSocketFactory tls) {
        this.settings = settings;
        this.limits = settings.limits();
        this.resolver = new Resolver(new Destinations(settings.allowed()), lookup);
        this.tls = tls;
        // Fair, so that nobody waits for ever.
        this.fetches = new Semaphore(limits.concurrent(), true);
        this.bodies = new ResponseBody(limits.bytes(), limits.bytesTotal());
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("kith-fetch-timer").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    static Rejection busy() {
        return new Rejection(Rejection.Code.EXHAUSTED, "Too much is being fetched at once; try again later");
    }

    @Override
    public <T> T get(String url, Function<byte[], T> use) {
        Address address = Address.parse(url);
        try (ResponseBody.Share share = bodies.share()) {
            return use.apply(fetched(address, share));
        }
    }

    private byte[] fetched(Address address, ResponseBody.Share share) {
        try {
            if (!fetches.tryAcquire(limits.total().toMillis(), TimeUnit.MILLISECONDS)) {
                throw busy();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw busy();
        }
        try (Deadline deadline = new Deadline(timer, limits.total())) {
            return follow(address, new Run(deadline, share));
        } finally {
            fetches.release();
        }
    }

    /** One fetch: until when, and what its body takes. */
    private record Run(Deadline deadline, ResponseBody.Share share) {}

    private byte[] follow(Address first, Run run) {
        Address address = first;
        for (int hop = 0; hop <= limits.redirects(); hop++) {
            switch (exchange(address, run)) {
                case Answer.Body(byte[] bytes) -> {
                    return bytes;
                }
                case Answer.Redirect(String location) -> address = address.resolve(location);
            }
        }
        throw FetchException.redirects(limits.redirects());
    }

    private sealed interface Answer {
        record Body(byte[] bytes) implements Answer {}

        record Redirect(String location) implements Answer {}
    }

    private Answer exchange(Address address, Run run) {
        Deadline deadline = run.deadline();
        List<InetAddress> checked = resolver.resolve(address, deadline);
        try (Connection connection = Connection.open(address, checked, new Connection.Manner(limits, tls, deadline))) {
            OutputStream out = connection.output();
            out.write(request(address));
            out.flush();
            InputStream in = new BufferedInputStream(connection.input(), ResponseBody.PIECE_BYTES);
            ResponseHead head = ResponseHead.read(in);
            if (REDIRECTS.contains(head.status())) {
                return new Answer.Redirect(head.header("location").orElseThrow(FetchException::broken));
            }
            if (head.status() != OK) {
                throw FetchException.status(head.status());
            }
            return new Answer.Body(bodies.read(head, in, run.share(), deadline));
        } catch (SocketTimeoutException silent) {
            throw FetchException.late();
        } catch (IOException failed) {
            throw deadline.isOver() ? FetchException.late() : FetchException.broken();
        } catch (FetchException failed) {
            // A socket that was closed under its reader may look like an answer that ended early.
            throw deadline.isOver() ? FetchException.late() : failed;
        }
    }

    private byte[] request(Address address) {
        StringBuilder head = new StringBuilder("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"
                .formatted(address.target(), address.authority(), settings.userAgent()));
        head.append("Accept: image/*\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
        if (!address.userInfo().isEmpty()) {
            head.append("Authorization: Basic ")
                    .append(Base64.getEncoder().encodeToString(credentials(address.userInfo())))
                    .append("\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] credentials(String userInfo) {
        String whole = userInfo.indexOf(':') < 0 ? userInfo + ":" : userInfo;
        try {
            // The decoder is one of forms, to which a plus is a space.
            return URLDecoder.decode(whole.replace("+", "%2B"), StandardCharsets.UTF_8)
                    .getBytes(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw FetchException.badUrl();
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        resolver.close();
    }
}
