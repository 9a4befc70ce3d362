package dev.kith.doors.idios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.images.Images;
import dev.kith.images.WorkerFailure;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ListsTest {
    /** Images behind workers: those of some models are counted, of one there is no worker, of one no answer. */
    private static Images behindWorkers() {
        return (Images) Proxy.newProxyInstance(
                Images.class.getClassLoader(), new Class<?>[] {Images.class}, (_, method, arguments) -> {
                    if (method.getName().equals("models")) {
                        return List.of("counted", "none", "busy");
                    }
                    if ("none".equals(arguments[1])) {
                        throw new WorkerFailure("No worker is there");
                    }
                    if ("busy".equals(arguments[1])) {
                        new CountDownLatch(1).await();
                    }
                    return 7L;
                });
    }

    @Test
    void models_withoutWorkersOrWithBusyOnes_areListedWithoutTheirCounts() {
        try (IdiosFixture door = new IdiosFixture(behindWorkers(), false)) {
            IdiosFixture.Reply reply = door.get("/models");
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            assertThat(reply.body().replaceAll("\"(model|kind|dimension|installed)\":[^,}]*,", ""))
                    .isEqualTo("[{\"name\":\"vit_b32\",\"count\":7},{\"name\":\"busy\",\"count\":null},"
                            + "{\"name\":\"counted\",\"count\":7},{\"name\":\"none\",\"count\":null}]");
        }
    }
}
