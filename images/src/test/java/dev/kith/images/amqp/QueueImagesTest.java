package dev.kith.images.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.images.ImageModels;
import dev.kith.images.ImagesFixture;
import dev.kith.images.WorkerFailure;
import dev.kith.service.Caller;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What does not need a broker that works; the rest is tried with RabbitMQ itself. */
class QueueImagesTest {
    private static final Caller NOBODY = new Caller("nobody", "idios");
    private static final Duration WAIT = Duration.ofMillis(500);
    /** More than what the system takes for a peer that does not read. */
    private static final String LONG_TEXT = "x".repeat(16 << 20);

    @Test
    void search_whileTheBrokerHoldsBack_waitsNoLongerThanItMeansTo() throws Exception {
        try (ImagesFixture fixture = new ImagesFixture();
                HeldBackBroker broker = new HeldBackBroker();
                QueueImages images = new QueueImages(new Broker(broker.url()), new ImageModels(fixture.service), WAIT);
                ExecutorService callers = Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("test-caller-", 0).factory())) {
            List<Future<String>> answers = IntStream.range(0, 8)
                    .mapToObj(caller -> callers.submit(() -> refusal(images, caller % 2 == 0 ? LONG_TEXT : "short")))
                    .toList();
            for (Future<String> answer : answers) {
                assertThat(answer.get()).isEqualTo("No response (timeout?)");
            }
        }
    }

    private static String refusal(QueueImages images, String text) {
        try {
            return images.searchByText(NOBODY, "vit_b32", text, 1).toString();
        } catch (WorkerFailure failure) {
            return failure.text();
        }
    }
}
