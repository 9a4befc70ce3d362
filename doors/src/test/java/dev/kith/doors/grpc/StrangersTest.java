package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class StrangersTest {
    /** Nobody needs a credential to send it. */
    @Test
    void healthCheck_thatIsNoMessage_isRefusedAndNotLogged() throws Exception {
        Logger log = Logger.getLogger("io.grpc.internal.SerializingExecutor");
        List<LogRecord> logged = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                logged.add(line);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        log.addHandler(handler);
        try (GrpcFixture door = GrpcFixture.plain((_, _) -> 1L)) {
            Channel channel = door.channel("bad");
            for (var method : List.of(HealthGrpc.getCheckMethod(), HealthGrpc.getWatchMethod())) {
                Status refused =
                        GrpcServerTest.refusal(() -> GrpcFixture.callRaw(channel, method, new byte[] {0x0a, 0x7f}));
                assertThat(refused.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            }
            assertThat(logged).isEmpty();
        } finally {
            log.removeHandler(handler);
        }
    }
}
