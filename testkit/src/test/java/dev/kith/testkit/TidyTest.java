package dev.kith.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.testkit.TidyRules.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The house rules, checked over the sources of all modules. Each rule has a small text that it must accept and one that
 * it must reject, so that a rule which stopped looking is noticed.
 */
class TidyTest {
    private static final Set<String> FOLDERS_SKIPPED = Set.of(
            ".git", "target", "kith-data", ".venv", "__pycache__", ".pytest_cache", ".idea", ".vscode", "node_modules");
    private static final Set<String> TEXT_ENDINGS = Set.of(
            "java", "md", "xml", "py", "sh", "yaml", "yml", "json", "txt", "toml", "cfg", "config", "properties");

    private static List<SourceFile> files = List.of();

    /** What a rule must accept and what it must reject. */
    private record Sample(String rule, List<SourceFile> accepted, List<SourceFile> rejected) {
        @Override
        public String toString() {
            return rule;
        }
    }

    @BeforeAll
    static void readFiles() throws IOException {
        List<SourceFile> found = new ArrayList<>();
        Path root = root();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return FOLDERS_SKIPPED.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                if (name.indexOf('.') < 0 || TEXT_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))) {
                    String path = root.relativize(file).toString().replace('\\', '/');
                    found.add(SourceFile.of(path, new String(Files.readAllBytes(file), StandardCharsets.UTF_8)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files = found;
    }

    private static Path root() {
        Path at = Path.of(System.getProperty("user.dir")).toAbsolutePath();
        while (!Files.isDirectory(at.resolve(".mvn"))) {
            at = at.getParent();
            assertThat(at).as("a folder with .mvn above user.dir").isNotNull();
        }
        return at;
    }

    static List<Rule> rules() {
        return TidyRules.ALL;
    }

    @ParameterizedTest
    @MethodSource("rules")
    void repository_keepsRule(Rule rule) {
        assertThat(String.join("\n", rule.messages(files))).as(rule.name()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void rule_goodAndBadText_tellsThemApart(Sample sample) {
        Rule rule = TidyRules.ALL.stream()
                .filter(candidate -> candidate.name().equals(sample.rule))
                .findFirst()
                .orElseThrow();
        assertThat(rule.messages(sample.accepted)).as("accepted").isEmpty();
        assertThat(rule.messages(sample.rejected)).as("rejected").isNotEmpty();
    }

    @Test
    void rules_each_haveSample() {
        assertThat(samples().map(Sample::rule).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        TidyRules.ALL.stream().map(Rule::name).toList());
    }

    @Test
    void files_read_includeEveryModule() {
        assertThat(files).extracting(SourceFile::path).anyMatch(path -> path.startsWith("testkit/src/test/java/"));
        assertThat(files)
                .filteredOn(SourceFile::isMain)
                .extracting(SourceFile::packageName)
                .contains("dev.kith.vectors");
    }

    static Stream<Sample> samples() {
        return Stream.of(structureSamples(), callSamples(), textSamples()).flatMap(samples -> samples);
    }

    private static Stream<Sample> structureSamples() {
        return Stream.of(
                new Sample(
                        "import-table",
                        List.of(main("dev.kith.service.Any", "import dev.kith.vectors.Query;")),
                        List.of(main("dev.kith.vectors.Any", "dev.kith.engine.Engine engine;"))),
                new Sample(
                        "import-table",
                        List.of(main("dev.kith.engine.Any", "import dev.kith.engine.rows.Arena;")),
                        List.of(main("dev.kith.unknown.Any", "class Any {}"))),
                new Sample(
                        "package-cycle",
                        List.of(main("dev.kith.a.One", "import dev.kith.b.Two;"), main("dev.kith.b.Two", "")),
                        List.of(
                                main("dev.kith.a.One", "import dev.kith.b.Two;"),
                                main("dev.kith.b.Two", "import dev.kith.c.Three;"),
                                main("dev.kith.c.Three", "import dev.kith.a.One;"))),
                new Sample(
                        "library-fence",
                        List.of(main("dev.kith.kernel.Any", "import jdk.incubator.vector.FloatVector;")),
                        List.of(main("dev.kith.engine.Any", "import jdk.incubator.vector.FloatVector;"))),
                new Sample(
                        "type-name",
                        List.of(main("dev.kith.engine.Arena", "")),
                        List.of(main("dev.kith.engine.ArenaUtils", ""))),
                new Sample(
                        "package-info",
                        List.of(main("dev.kith.a.package-info", "/** A. */\n@NullMarked\npackage dev.kith.a;")),
                        List.of(main("dev.kith.a.Any", "class Any {}"))),
                new Sample(
                        "unused-file",
                        List.of(
                                main("dev.kith.a.One", "Two two;"),
                                main("dev.kith.a.Two", "void main() {}"),
                                main("dev.kith.a.Main", "void main() { One }")),
                        List.of(main("dev.kith.a.One", "class One {}"), main("dev.kith.a.OneTest", "new One()"))),
                new Sample(
                        "machine-path",
                        List.of(SourceFile.of("README.md", "https://example.org/home/ and ./work/")),
                        List.of(SourceFile.of("README.md", "cd /ro" + "ot/kith"))));
    }

    private static Stream<Sample> callSamples() {
        return Stream.of(
                inMain(
                        "unnamed-thread",
                        "Thread.ofVirtual()\n.name(\"search-\", 0).factory();",
                        "Thread.ofVirtual().start(task);"),
                inMain("unnamed-thread", "Thread.currentThread();", "new Thread(task).start();"),
                inMain(
                        "unnamed-executor",
                        "Executors.newFixedThreadPool(cores(a, b), factory)",
                        "Executors.newFixedThreadPool(cores(a, b))"),
                inMain("unnamed-executor", "runAsync(() -> go(a, b), pool)", "runAsync(() -> go(a, b))"),
                inMain("common-pool", "pool.submit(task)", "ForkJoinPool.commonPool()"),
                inMain("thread-local", "// no ThreadLocal here", "ThreadLocal<Scratch> scratch;"),
                inMain("unseeded-random", "new Random(seed)", "new Random()"),
                inMain("sleep", "lock.await(1, SECONDS)", "Thread.sleep(1)"),
                new Sample(
                        "environment",
                        List.of(main("app", "dev.kith.app.Any", "System.getenv()")),
                        List.of(main("dev.kith.engine.Any", "System.getProperty(\"x\")"))),
                inMain("serialization", "new DataInputStream(in)", "new ObjectInputStream(in)"),
                inMain("bare-exception", "throw new IllegalStateException(x)", "throw new RuntimeException(x)"),
                inMain("standard-output", "log.log(INFO, \"System.out\")", "System.out.println(x)"),
                inMain("disabled-test", "@Test void a() {}", "@Disabled @Test void a() {}"));
    }

    private static Stream<Sample> textSamples() {
        return Stream.of(
                inMain("size", "x\n".repeat(500), "x\n".repeat(501)),
                inMain("size", "x".repeat(120), "x".repeat(121)),
                inMain("size", "void a() {" + "\n".repeat(69) + "}", "void a() {" + "\n".repeat(70) + "}"),
                inMain(
                        "parameters",
                        "record R(int a, int b, int c, int d, int e) {}",
                        method("int a, X b, X c, int d, int e")),
                inMain("parameters", method("Map<A, B> a, X b, X c, X d"), "int f(int a, int b, int c, int d, int e);"),
                inMain("parameters", "return f(a, b, c, d, e);", "public Any(A a, A b, A c, A d, A e) {}"),
                inMain(
                        "parameters",
                        "@Override\npublic " + method("A a, A b, A c, A d, A e"),
                        method("A a, A b, A c, A d, A... e")),
                inMain("task-note", "// TODO(#12): page this", "/** TO" + "DO: page this */"),
                inMain("dead-code", "// The writer replaces it (see above);", "// view.release();"),
                inMain("dead-code", "/** {@code\n * a = b;\n */", "/*\n * int a = b;\n */"));
    }

    private static Sample inMain(String rule, String accepted, String rejected) {
        return new Sample(
                rule, List.of(main("dev.kith.engine.Any", accepted)), List.of(main("dev.kith.engine.Any", rejected)));
    }

    private static SourceFile main(String type, String text) {
        return main("engine", type, text);
    }

    private static SourceFile main(String module, String type, String text) {
        return SourceFile.of(module + "/src/main/java/" + type.replace('.', '/') + ".java", text);
    }

    private static String method(String parameters) {
        return "void name(" + parameters + ") throws IOException {}";
    }
}
