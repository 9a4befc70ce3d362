package dev.kith.app;

import dev.kith.doors.grpc.CallWatch;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A span for each gRPC call, sent to a collector in batches by a thread of the library's. What the collector does not
 * take in time is dropped: no call waits for it. Safe on any thread.
 */
final class Spans implements AutoCloseable {
    /** Spans that wait for their sending, some 1 kB each. */
    private static final int WAITING_MAX = 4_096;

    private static final Duration SENDING_MAX = Duration.ofSeconds(5);
    private static final Duration CLOSING_MAX = Duration.ofSeconds(2);
    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("rpc.system");
    private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("rpc.service");
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("rpc.method");
    private static final AttributeKey<Long> CODE = AttributeKey.longKey("rpc.grpc.status_code");

    /** Statuses that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL and further. */
    private static final Set<Integer> FAULTS = Set.of(2, 4, 12, 13, 14, 15);

    /** Where the original's clients say in which trace they are: a W3C traceparent under a name of their own. */
    private static final String TRACE_HEADER = "ahnlich-trace-id";

    private static final Pattern TRACE_PARENT = Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    private Spans(SdkTracerProvider provider) {
        this.provider = provider;
        this.tracer = provider.get("dev.kith");
    }

    static Spans sentTo(URI collector) {
        var exporter = OtlpGrpcSpanExporter.builder()
                .setEndpoint(collector.toString())
                .setTimeout(SENDING_MAX)
                .build();
        Attributes itself = Attributes.of(
                AttributeKey.stringKey("service.name"),
                "kith",
                AttributeKey.stringKey("service.version"),
                Version.text());
        return new Spans(SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(itself)))
                // As the original does, whatever the caller's own choice was.
                .setSampler(Sampler.alwaysOn())
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setMaxQueueSize(WAITING_MAX)
                        .build())
                .build());
    }

    /** Begins a span with each call, under the caller's where a header names one, and ends it with the call. */
    CallWatch ofCalls() {
        return (method, header) -> {
            int slash = method.lastIndexOf('/');
            Span span = tracer.spanBuilder(method)
                    .setParent(parent(header.apply(TRACE_HEADER)))
                    .setSpanKind(SpanKind.SERVER)
                    .setAttribute(SYSTEM, "grpc")
                    .setAttribute(SERVICE, method.substring(0, Math.max(slash, 0)))
                    .setAttribute(METHOD, method.substring(slash + 1))
                    .startSpan();
            return code -> end(span, code);
        };
    }

    private static void end(Span span, int code) {
        span.setAttribute(CODE, code);
        if (FAULTS.contains(code)) {
            span.setStatus(StatusCode.ERROR);
        }
        span.end();
    }

    /** Sends what waits, for a bounded time. */
    @Override
    public void close() {
        var _ = provider.shutdown().join(CLOSING_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The caller's span; one that is malformed counts as none. */
    private static Context parent(Optional<String> header) {
        Matcher trace = TRACE_PARENT.matcher(header.orElse(""));
        if (!trace.matches()) {
            return Context.root();
        }
        SpanContext caller = SpanContext.createFromRemoteParent(
                trace.group(1), trace.group(2), TraceFlags.fromHex(trace.group(3), 0), TraceState.getDefault());
        return caller.isValid() ? Context.root().with(Span.wrap(caller)) : Context.root();
    }
}
