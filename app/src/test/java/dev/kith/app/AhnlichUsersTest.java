package dev.kith.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AhnlichUsersTest {
    private static final String DIGEST = "0123456789abcdef".repeat(4);

    @TempDir
    Path folder;

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("auth.toml"), text);
    }

    @Test
    void file_ofTheOriginal_isRead() throws Exception {
        var users = AhnlichUsers.read(file("""
                # keys of the team
                [users]
                ann = "%s"   # the first
                "bob@home" = '%s'

                [security]
                min_key_length = 20
                """.formatted(DIGEST, DIGEST.toUpperCase(java.util.Locale.ROOT))));
        assertThat(users.digests()).containsOnlyKeys("ann", "bob@home");
        assertThat(users.keyLengthMin()).isEqualTo(20);
        assertThat(AhnlichUsers.read(file("[users]\nann=\"" + DIGEST + "\"")).keyLengthMin())
                .isEqualTo(16);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[users]\n",
                "[users]\nann = \"abc\"",
                "[users]\nann = DIGEST",
                "[users]\nann = \"DIGEST\"\nann = \"DIGEST\"",
                "ann = \"DIGEST\"",
                "[users]\nann = \"DIGEST\"\n[security]\nmin_key_length = \"long\"",
                "[users]\nann = { key = \"DIGEST\" }",
                "[other]\nann = \"DIGEST\""
            })
    void file_ofAnythingElse_isRefusedWithoutItsDigests(String text) throws Exception {
        Path file = file(text.replace("DIGEST", DIGEST));
        assertThatThrownBy(() -> AhnlichUsers.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining(DIGEST);
    }
}
