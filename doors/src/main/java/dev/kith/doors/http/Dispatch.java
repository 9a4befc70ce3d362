package dev.kith.doors.http;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * From a request to its route: finds it, asks the guard, and only then gives the request a thread and looks at its
 * body. Refusals that need no body are sent from the selecting thread, which never blocks.
 */
final class Dispatch extends Handler.Abstract.NonBlocking {
    private static final Logger LOG = System.getLogger(Dispatch.class.getName());

    private static final long PASSED_OVER_BYTES_MAX = 1 << 20;
    /** A larger answer keeps its room until its peer has taken it. */
    private static final int AT_ONCE_BYTES_MAX = 64 << 10;
    /** How often one who waits for a place looks for another peer that is slow. */
    private static final long PLACE_LOOK_MS = 50;

    private final HttpLimits limits;
    private final HttpDoor.Work work;
    private final Connections connections;
    private final Semaphore running;
    private final AtomicLong refused = new AtomicLong();
    private final ExecutorService requests = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("kith-http-", 0).factory());

    Dispatch(HttpLimits limits, HttpDoor.Work work, Connections connections) {
        this.limits = limits;
        this.work = work;
        this.connections = connections;
        this.running = new Semaphore(limits.requests());
    }

    long refused() {
        return refused.get();
    }

    /** Takes no more requests and waits for those that run. */
    void finish(Duration grace) {
        try {
            if (!running.tryAcquire(limits.requests(), grace.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "HTTP requests that still ran were ended");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        requests.shutdown();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        EndPoint endPoint = endPoint(request);
        connections.begin(endPoint);
        Request.addCompletionListener(request, _ -> connections.done(endPoint));
        // Work that takes long is not the peer's silence: only waiting for the peer itself is bounded.
        request.addIdleTimeoutListener(_ -> false);
        String path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("");
        switch (work.routes().find(request.getMethod(), path)) {
            case RouteTable.Match.Found found -> admit(found, new Exchange(request, response, callback));
            case RouteTable.Match.OtherMethods(Route first, String allowed) ->
                refuse(
                        first.handling()
                                .errors()
                                .answer(405, "Method Not Allowed")
                                .with("Allow", allowed),
                        new Exchange(request, response, callback));
            case RouteTable.Match.Slash(String shorter) ->
                send(redirect(request, shorter), new Exchange(request, response, callback));
            case RouteTable.Match.None _ ->
                refuse(work.errors().answer(404, "Not Found"), new Exchange(request, response, callback));
        }
        return true;
    }

    /** A request and its answer, as the transport has them. */
    private record Exchange(Request request, Response response, Callback callback) {}

    private static Answer redirect(Request request, String path) {
        String query = request.getHttpURI().getQuery();
        return Answer.empty(307).with("Location", query == null ? path : path + "?" + query);
    }

    private void admit(RouteTable.Match.Found found, Exchange exchange) {
        Route route = found.route();
        ErrorForm errors = route.handling().errors();
        Function<String, List<String>> headers = exchange.request().getHeaders()::getValuesList;
        switch (work.guard().judge(route.access(), headers)) {
            case Guard.Verdict.Refused(int status, String text) -> {
                Answer answer = errors.answer(status, text);
                refuse(status == 401 ? answer.with("WWW-Authenticate", "Bearer") : answer, exchange);
            }
            case Guard.Verdict.Passed(String tenant) -> {
                Optional<HttpRefusal> refusal = bodyRefusal(route, exchange.request());
                if (refusal.isPresent()) {
                    refuse(errors.answer(refusal.get().status(), refusal.get().text()), exchange);
                } else if (isHealth(route)) {
                    requests.execute(() -> answer(found, tenant, exchange));
                } else if (running.tryAcquire()) {
                    requests.execute(() -> run(found, tenant, exchange));
                } else if (connections.endSlowest()) {
                    requests.execute(() -> {
                        awaitPlace();
                        run(found, tenant, exchange);
                    });
                } else {
                    refused.incrementAndGet();
                    refuse(
                            errors.answer(503, "Too many requests are in progress")
                                    .with("Retry-After", "1"),
                            exchange);
                }
            }
        }
    }

    /**
     * Answers a request whose body nobody looks at, and lets its connection end, of which the client is told: else its
     * next request could come while the rest of this one is still under way. What it is sending already is passed over
     * where it is not much, because a connection that is closed over unread bytes loses the answer too.
     */
    private void refuse(Answer answer, Exchange exchange) {
        if (!hasBody(exchange.request())) {
            send(answer, exchange);
            return;
        }
        Answer last = answer.with("Connection", "close");
        long length = exchange.request().getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        if (length < 1 || length > PASSED_OVER_BYTES_MAX) {
            send(last, exchange);
            return;
        }
        EndPoint endPoint = endPoint(exchange.request());
        Callback afterAnswer = Callback.from(
                () -> {
                    // From here on it is one more silent connection, which may be ended.
                    connections.done(endPoint);
                    Content.Source.consumeAll(exchange.request(), exchange.callback());
                },
                exchange.callback()::failed);
        send(last, new Exchange(exchange.request(), exchange.response(), afterAnswer));
    }

    private static boolean hasBody(Request request) {
        HttpFields headers = request.getHeaders();
        return headers.getLongField(HttpHeader.CONTENT_LENGTH) > 0 || headers.contains(HttpHeader.TRANSFER_ENCODING);
    }

    private static Optional<HttpRefusal> bodyRefusal(Route route, Request request) {
        if (!hasBody(request)) {
            return Optional.empty();
        }
        HttpFields headers = request.getHeaders();
        if (!headers.getValuesList(HttpHeader.TRANSFER_ENCODING).stream().allMatch("chunked"::equalsIgnoreCase)) {
            return Optional.of(new HttpRefusal(501, "Of the transfer codings only chunked is understood"));
        }
        long length = headers.getLongField(HttpHeader.CONTENT_LENGTH);
        if (route.bodyBytesMax() == 0) {
            return Optional.of(new HttpRefusal(413, "This takes no body"));
        }
        if (length > route.bodyBytesMax()) {
            return Optional.of(Body.tooLarge());
        }
        boolean plain =
                headers.getValuesList(HttpHeader.CONTENT_ENCODING).stream().allMatch("identity"::equalsIgnoreCase);
        return plain ? Optional.empty() : Optional.of(new HttpRefusal(415, "Bodies are not taken compressed"));
    }

    /** A place that was made may be taken by another before: then one more is made. */
    private void awaitPlace() {
        try {
            while (!running.tryAcquire(PLACE_LOOK_MS, TimeUnit.MILLISECONDS)) {
                connections.endSlowest();
            }
        } catch (InterruptedException stopped) {
            running.acquireUninterruptibly();
            Thread.currentThread().interrupt();
        }
    }

    /** What tells whether the server is well tells so however much it has to do, and takes next to nothing. */
    private static boolean isHealth(Route route) {
        return route.access() == Access.OPEN && route.bodyBytesMax() == 0;
    }

    private void run(RouteTable.Match.Found found, String tenant, Exchange exchange) {
        try {
            answer(found, tenant, exchange);
        } finally {
            running.release();
        }
    }

    private void answer(RouteTable.Match.Found found, String tenant, Exchange exchange) {
        Lease lease = new Lease(work.room());
        try {
            send(answer(found, tenant, new Opened(exchange, lease)), exchange);
        } finally {
            lease.end();
        }
    }

    private record Opened(Exchange exchange, Lease lease) {}

    private Answer answer(RouteTable.Match.Found found, String tenant, Opened opened) {
        Route.Handling handling = found.route().handling();
        try {
            return handling.handler().answer(request(found, tenant, opened));
        } catch (HttpRefusal refusal) {
            Answer answer = handling.errors().answer(refusal.status(), refusal.text());
            return refusal.status() == 503 ? answer.with("Retry-After", "1") : answer;
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, () -> "HTTP route " + found.route().path() + " failed", fault);
            return handling.errors().answer(500, "Internal error; the server's log has the reason");
        }
    }

    private HttpRequest request(RouteTable.Match.Found found, String tenant, Opened opened) {
        Request request = opened.exchange().request();
        String query = request.getHttpURI().getQuery();
        PeerRate rate = watched(request);
        Body body =
                new Body(Content.Source.asInputStream(request), found.route().bodyBytesMax(), rate);
        return new HttpRequest(
                tenant,
                found.parameters(),
                query == null || query.isEmpty() ? Map.of() : PercentText.query(query),
                name -> only(request.getHeaders(), name),
                new HttpRequest.Payload(body, opened.lease()));
    }

    private PeerRate watched(Request request) {
        PeerRate rate = new PeerRate(limits.grace());
        connections.watch(endPoint(request), rate);
        return rate;
    }

    private static EndPoint endPoint(Request request) {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    private static Optional<String> only(HttpFields headers, String name) {
        List<String> values = headers.getValuesList(name);
        return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }

    private void send(Answer answer, Exchange exchange) {
        Response response = exchange.response();
        response.setStatus(answer.status());
        HttpFields.Mutable headers = response.getHeaders();
        headers.put("Cache-Control", "no-store");
        headers.put("X-Content-Type-Options", "nosniff");
        answer.headers().forEach(headers::put);
        switch (answer.content()) {
            case Answer.Content.Whole(byte[] bytes)
            when bytes.length <= AT_ONCE_BYTES_MAX -> response.write(true, ByteBuffer.wrap(bytes), exchange.callback());
            case Answer.Content.Whole(byte[] bytes) -> {
                headers.put(HttpHeader.CONTENT_LENGTH, bytes.length);
                stream(out -> out.write(bytes), exchange);
            }
            case Answer.Content.Stream(Answer.Writer writer) -> {
                if (exchange.request().getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
                    // Else an answer on a connection that is closed after it would look whole where it broke off.
                    headers.put("Transfer-Encoding", "chunked");
                }
                stream(writer, exchange);
            }
        }
    }

    private void stream(Answer.Writer writer, Exchange exchange) {
        Response response = exchange.response();
        try {
            if (!exchange.request().getMethod().equals("HEAD")) {
                writer.write(new Outgoing(response, watched(exchange.request())));
            }
            response.write(true, ByteBuffer.allocate(0), exchange.callback());
        } catch (IOException gone) {
            exchange.callback().failed(gone);
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, "An HTTP answer broke off", fault);
            exchange.callback().failed(fault);
        }
    }

    /** Sends what is written at once; a peer that does not read holds up its own request only, and not for long. */
    private static final class Outgoing extends OutputStream {
        private final Response response;
        private final PeerRate rate;

        Outgoing(Response response, PeerRate rate) {
            this.response = response;
            this.rate = rate;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            // Piece by piece, so that a peer that takes little is seen before it has all.
            for (int from = offset; from < offset + length; from += AT_ONCE_BYTES_MAX) {
                int piece = Math.min(AT_ONCE_BYTES_MAX, offset + length - from);
                rate.begin();
                Content.Sink.write(response, false, ByteBuffer.wrap(bytes, from, piece));
                if (rate.tooSlow(piece)) {
                    throw new IOException("The answer is read too slowly");
                }
            }
        }
    }
}
