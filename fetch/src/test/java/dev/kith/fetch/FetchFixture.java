package dev.kith.fetch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocketFactory;

/**
 * A fetcher that may fetch from 127.0.0.1 and from nothing else on this machine, and that asks the test for addresses:
 * each answer of a name is given once, the last one for ever.
 */
final class FetchFixture implements AutoCloseable {
    static final int BYTES_MAX = 200_000;
    /** Generous, for a busy machine; tests that wait for an end shorten theirs. */
    static final FetchLimits LIMITS = new FetchLimits(
            Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30), BYTES_MAX, 5, 8, 8L * BYTES_MAX);

    final AtomicInteger lookups = new AtomicInteger();
    final HttpFetcher fetcher;
    private final Map<String, Deque<List<InetAddress>>> names = new ConcurrentHashMap<>();

    FetchFixture(FetchLimits limits, SSLSocketFactory tls) {
        var settings = new HttpFetcher.Settings(List.of(Cidr.parse("127.0.0.1/32")), "Kith/test", limits);
        fetcher = new HttpFetcher(settings, this::lookUp, tls);
        name("a.example", "127.0.0.1");
    }

    FetchFixture(FetchLimits limits) {
        this(limits, (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    /** One more answer of the resolver for a name. */
    FetchFixture name(String name, String... addresses) {
        names.computeIfAbsent(name, _ -> new ArrayDeque<>())
                .add(List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
        return this;
    }

    private synchronized List<InetAddress> lookUp(String name) throws UnknownHostException {
        lookups.incrementAndGet();
        Deque<List<InetAddress>> answers = names.get(name);
        if (answers == null) {
            throw new UnknownHostException(name);
        }
        return answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
    }

    byte[] get(String url) {
        return fetcher.get(url, body -> body);
    }

    byte[] get(Origin origin, String rest) {
        return get("http://a.example:%d%s".formatted(origin.port(), rest));
    }

    void assertFails(String url, String reason) {
        assertThatThrownBy(() -> get(url))
                .isInstanceOf(FetchException.class)
                .hasMessage("The URL cannot be fetched: " + reason);
    }

    void assertFails(Origin origin, String reason) {
        assertFails("http://a.example:%d/".formatted(origin.port()), reason);
    }

    @Override
    public void close() {
        fetcher.close();
    }
}
