package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FewLinesTest {
    private final List<String> written = new ArrayList<>();
    private final FewLines lines = new FewLines(new Written());

    @Test
    void lines_beyondTheMostOfAPeriod_areCounted() {
        for (int number = 0; number < 1_000; number++) {
            lines.say("line " + number);
        }
        assertThat(written).hasSize(FewLines.MOST).startsWith("line 0", "line 1");
        written.clear();
        lines.settle(System.nanoTime());
        assertThat(written).isEmpty();
        long later = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        lines.settle(later);
        assertThat(written).containsExactly("980 more lines like these were left out");
        lines.settle(later + Duration.ofSeconds(20).toNanos());
        lines.say("another");
        assertThat(written).hasSize(2).endsWith("another");
    }

    private final class Written implements System.Logger {
        @Override
        public String getName() {
            return "of the test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String line, @Nullable Throwable thrown) {
            written.add(String.valueOf(line));
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String line, @Nullable Object... values) {
            written.add(String.valueOf(line));
        }
    }
}
