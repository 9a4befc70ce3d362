package dev.kith.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the compiler cannot check: import directions, banned calls, sizes and comments, each with its replacement. */
final class TidyRules {
    private static final int FILE_LINES_MAX = 500;
    private static final int METHOD_LINES_MAX = 70;
    private static final int LINE_COLUMNS_MAX = 120;
    private static final int PARAMETERS_MAX = 4;

    /**
     * Which of our packages the main code of a package may name; {@code .*} means the package and all below it. A new
     * package needs a line here. Tests may name more: there Maven alone keeps the direction.
     */
    private static final Map<String, List<String>> IMPORTS = Map.ofEntries(
            Map.entry("dev.kith.testkit", List.of()),
            Map.entry("dev.kith.kernel", List.of()),
            Map.entry("dev.kith.storage", List.of()),
            Map.entry("dev.kith.vectors", List.of()),
            Map.entry(
                    "dev.kith.engine",
                    List.of("dev.kith.vectors", "dev.kith.storage", "dev.kith.kernel", "dev.kith.engine.*")),
            Map.entry(
                    "dev.kith.engine.collection",
                    List.of(
                            "dev.kith.engine.codec",
                            "dev.kith.engine.index",
                            "dev.kith.engine.payload",
                            "dev.kith.engine.rows",
                            "dev.kith.engine.scan",
                            "dev.kith.engine.segment",
                            "dev.kith.vectors",
                            "dev.kith.storage",
                            "dev.kith.kernel")),
            Map.entry(
                    "dev.kith.engine.segment", List.of("dev.kith.engine.rows", "dev.kith.vectors", "dev.kith.storage")),
            Map.entry(
                    "dev.kith.engine.index",
                    List.of(
                            "dev.kith.engine.index.hnsw",
                            "dev.kith.engine.payload",
                            "dev.kith.engine.rows",
                            "dev.kith.engine.scan",
                            "dev.kith.engine.segment",
                            "dev.kith.vectors")),
            Map.entry(
                    "dev.kith.engine.index.hnsw",
                    List.of("dev.kith.engine.rows", "dev.kith.vectors", "dev.kith.kernel")),
            Map.entry(
                    "dev.kith.engine.scan",
                    List.of("dev.kith.engine.payload", "dev.kith.engine.rows", "dev.kith.vectors", "dev.kith.kernel")),
            Map.entry(
                    "dev.kith.engine.payload",
                    List.of(
                            "dev.kith.engine.codec",
                            "dev.kith.engine.rows",
                            "dev.kith.engine.segment",
                            "dev.kith.vectors")),
            Map.entry("dev.kith.engine.codec", List.of("dev.kith.engine.rows", "dev.kith.vectors", "dev.kith.storage")),
            Map.entry("dev.kith.engine.rows", List.of("dev.kith.vectors", "dev.kith.kernel")),
            Map.entry("dev.kith.engine.cluster", List.of("dev.kith.vectors", "dev.kith.kernel")),
            Map.entry("dev.kith.engine.transform", List.of("dev.kith.vectors", "dev.kith.kernel")),
            Map.entry(
                    "dev.kith.service",
                    List.of(
                            "dev.kith.vectors",
                            "dev.kith.embed",
                            "dev.kith.engine",
                            "dev.kith.engine.cluster",
                            "dev.kith.engine.transform")),
            Map.entry("dev.kith.embed", List.of("dev.kith.vectors")),
            Map.entry("dev.kith.embed.pipeline", List.of("dev.kith.embed")),
            Map.entry(
                    "dev.kith.embed.models", List.of("dev.kith.embed", "dev.kith.embed.pipeline", "dev.kith.vectors")),
            Map.entry("dev.kith.embed.text", List.of("dev.kith.embed.*")),
            Map.entry("dev.kith.embed.image", List.of("dev.kith.embed.*")),
            Map.entry("dev.kith.embed.vp8", List.of()),
            Map.entry("dev.kith.embed.face", List.of("dev.kith.embed.*", "dev.kith.vectors")),
            Map.entry("dev.kith.embed.audio", List.of("dev.kith.embed.*")),
            Map.entry("dev.kith.embed.run", List.of("dev.kith.embed.*", "dev.kith.vectors")),
            Map.entry("dev.kith.fetch", List.of("dev.kith.vectors")),
            Map.entry(
                    "dev.kith.images",
                    List.of("dev.kith.service", "dev.kith.embed", "dev.kith.fetch", "dev.kith.vectors")),
            Map.entry("dev.kith.images.json", List.of("dev.kith.images", "dev.kith.vectors")),
            Map.entry("dev.kith.images.remote", List.of("dev.kith.images.*", "dev.kith.service", "dev.kith.vectors")),
            Map.entry("dev.kith.images.amqp", List.of("dev.kith.images.*", "dev.kith.service", "dev.kith.vectors")),
            Map.entry("dev.kith.doors.room", List.of()),
            Map.entry("dev.kith.doors.zmq", List.of("dev.kith.service", "dev.kith.vectors", "dev.kith.doors.room")),
            Map.entry("dev.kith.doors.http", List.of("dev.kith.doors.room")),
            Map.entry(
                    "dev.kith.doors.idios",
                    List.of(
                            "dev.kith.doors.http",
                            "dev.kith.images",
                            "dev.kith.images.json",
                            "dev.kith.service",
                            "dev.kith.embed",
                            "dev.kith.vectors")),
            Map.entry("dev.kith.doors.grpc", List.of("dev.kith.vectors", "dev.kith.doors.room")),
            Map.entry("dev.kith.doors.faissx", List.of("dev.kith.service", "dev.kith.vectors", "dev.kith.doors.zmq")),
            Map.entry(
                    "dev.kith.doors.ahnlich",
                    List.of(
                            "dev.kith.service",
                            "dev.kith.embed",
                            "dev.kith.vectors",
                            "dev.kith.doors.grpc",
                            "dev.kith.wire.*")),
            Map.entry("dev.kith.shell.language", List.of()),
            Map.entry("dev.kith.shell.remote", List.of("dev.kith.shell.language", "dev.kith.wire.*")),
            Map.entry("dev.kith.shell", List.of("dev.kith.shell.language", "dev.kith.shell.remote")),
            Map.entry(
                    "dev.kith.shell.snapshot",
                    List.of("dev.kith.shell.language", "dev.kith.shell.remote", "dev.kith.wire.*")),
            Map.entry("dev.kith.shell.idios", List.of()),
            Map.entry("dev.kith.app", List.of("dev.kith.*")),
            Map.entry("dev.kith.bench", List.of("dev.kith.*")),
            Map.entry("dev.kith.bench.rivals", List.of("dev.kith.vectors", "dev.kith.engine")));

    /** Where each library may be named, and nowhere else in main code. */
    private static final Map<String, List<String>> LIBRARIES = Map.ofEntries(
            Map.entry("jdk.incubator", List.of("dev.kith.kernel")),
            Map.entry("org.zeromq", List.of()),
            Map.entry("zmq", List.of()),
            Map.entry("com.sun.net.httpserver", List.of("dev.kith.images.amqp", "dev.kith.bench")),
            Map.entry("org.eclipse.jetty", List.of("dev.kith.doors.http")),
            Map.entry(
                    "io.grpc",
                    List.of(
                            "dev.kith.doors.grpc",
                            "dev.kith.doors.ahnlich",
                            "dev.kith.bench",
                            "dev.kith.shell.remote",
                            "dev.kith.shell.snapshot")),
            Map.entry("io.netty", List.of("dev.kith.doors.grpc")),
            Map.entry(
                    "com.google.protobuf",
                    List.of(
                            "dev.kith.doors.grpc",
                            "dev.kith.doors.ahnlich",
                            "dev.kith.shell.remote",
                            "dev.kith.shell.snapshot")),
            Map.entry("io.opentelemetry", List.of("dev.kith.app")),
            Map.entry("io.micrometer", List.of("dev.kith.service", "dev.kith.app", "dev.kith.bench")),
            Map.entry("com.rabbitmq", List.of("dev.kith.images.amqp")),
            Map.entry("picocli", List.of("dev.kith.app")),
            Map.entry("org.snakeyaml", List.of("dev.kith.app")),
            Map.entry("org.jline", List.of("dev.kith.shell")),
            Map.entry(
                    "com.fasterxml",
                    List.of(
                            "dev.kith.app",
                            "dev.kith.bench",
                            "dev.kith.embed.models",
                            "dev.kith.images.json",
                            "dev.kith.shell",
                            "dev.kith.shell.idios",
                            "dev.kith.shell.snapshot")),
            Map.entry("ai.onnxruntime", List.of("dev.kith.embed.run", "dev.kith.bench")),
            Map.entry("ai.djl", List.of("dev.kith.embed.text", "dev.kith.bench")),
            Map.entry("org.apache.lucene", List.of("dev.kith.bench.rivals")),
            Map.entry("com.twelvemonkeys", List.of("dev.kith.embed.image")),
            Map.entry("io.github.jbellis", List.of("dev.kith.bench.rivals")));

    private static final Pattern OUR_PACKAGE = Pattern.compile("\\b(dev\\.kith(?:\\.[a-z]\\w*)*)\\.[A-Z*]");
    private static final Pattern IMPORT = Pattern.compile("\\bimport (?:static )?([a-z]\\w*(?:\\.[a-z]\\w*)*)\\.");
    private static final Pattern TASK_NOTE = Pattern.compile("\\b(?:TODO|FIXME|XXX|HACK)\\b(?!\\(#\\d+\\): \\S)");
    private static final Pattern CODE_IN_COMMENT =
            Pattern.compile("^(?:\\}+|\\w[\\w.]*\\([^)]*\\).*;|(?:[\\w<>,\\[\\]]+ )?[\\w.\\[\\]]+ [-+*/|&]?= .*;"
                    + "|(?:return|throw|import|package)\\b.*;|(?:if|for|while|switch|try)\\b.*\\{"
                    + "|@[A-Z]\\w*(?:\\(.*\\))?)$");
    private static final Pattern MAIN_METHOD = Pattern.compile("\\bvoid main\\(");
    private static final Pattern TYPE_NAME_WITHOUT_A_JOB =
            Pattern.compile("(?:Abstract|Base)[A-Z]\\w*|\\w+(?:Impl|Helpers?|Utils?|Manager)");
    /** Home folders and work folders of one machine. */
    private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w.}~-])/(?:work|root|home|Users)/");

    /** A place that breaks a rule. */
    record Finding(String path, int line, String what) {}

    /** One rule over all files of the repository; the replacement says what to write instead. */
    record Rule(String name, String replacement, Function<List<SourceFile>, List<Finding>> check) {

        List<String> messages(List<SourceFile> files) {
            return check.apply(files).stream()
                    .map(f -> "%s:%d: %s: %s. Instead: %s".formatted(f.path, f.line, name, f.what, replacement))
                    .toList();
        }
    }

    static final List<Rule> ALL = List.of(
            new Rule(
                    "import-table",
                    "move the code to a package that may, or extend the table in TidyRules with a decision page",
                    perJavaFile(SourceFile::isMain, TidyRules::imports)),
            new Rule("package-cycle", "let one of them know the other through a type below both", TidyRules::cycles),
            new Rule(
                    "library-fence",
                    "speak to it through the package that owns it",
                    perJavaFile(SourceFile::isMain, TidyRules::libraries)),
            banned(
                    "unnamed-thread",
                    "Thread.ofVirtual().name(…) or Thread.ofPlatform().name(…), or its factory to an executor",
                    "\\bnew Thread\\(|\\bThread\\.startVirtualThread\\b"
                            + "|\\bThread\\s*\\.of(?:Virtual|Platform)\\(\\)(?![^;]*\\.name\\()",
                    SourceFile::isMain),
            new Rule(
                    "unnamed-executor",
                    "give the executor a factory of named threads",
                    perJavaFile(SourceFile::isMain, TidyRules::executors)),
            banned(
                    "common-pool",
                    "pass the executor in and name it in the call",
                    "\\bForkJoinPool\\.commonPool\\b|\\.parallelStream\\(|\\.parallel\\(\\)",
                    file -> true),
            banned("thread-local", "borrow scratch from a bounded pool", "\\bThreadLocal\\b", file -> true),
            banned(
                    "unseeded-random",
                    "new Random(seed), the seed a parameter",
                    "\\bnew Random\\(\\s*\\)",
                    file -> true),
            banned("sleep", "wait for the event, with a time limit", "\\bThread\\.sleep\\(", SourceFile::isMain),
            banned(
                    "environment",
                    "take it from a configuration record that app builds",
                    "\\bSystem\\.get(?:env|Property)\\b"
                            + "|\\b(?:Boolean\\.getBoolean|Integer\\.getInteger|Long\\.getLong)\\b",
                    file -> file.isMain() && !file.path().matches("(?:app|bench|testkit)/.*")),
            banned("serialization", "a format of our own", "\\bObject(?:In|Out)putStream\\b", file -> true),
            banned(
                    "bare-exception",
                    "Rejection, an exception that names file and offset, or IllegalStateException",
                    "\\bthrow new (?:Runtime)?Exception\\(",
                    file -> true),
            banned(
                    "standard-output",
                    "System.Logger; in a test, the message of the assertion",
                    "\\bSystem\\.(?:out|err)\\b|\\.printStackTrace\\(\\)",
                    file -> !file.path().matches("(?:app|bench)/.*")),
            banned("disabled-test", "mend the test or delete it", "@Disabled\\w*|@Ignore\\b", file -> true),
            new Rule(
                    "size",
                    "split at an idea (files 500 lines, methods 70, lines 120 columns)",
                    perJavaFile(file -> true, TidyRules::sizes)),
            // The columns of a table-driven test are parameters too, so tests are left out.
            new Rule(
                    "parameters",
                    "join neighbours in a record",
                    perJavaFile(SourceFile::isMain, TidyRules::parameters)),
            new Rule("task-note", "TODO(#issue): text, or none", perJavaFile(file -> true, TidyRules::taskNotes)),
            new Rule("dead-code", "delete it; git keeps it", perJavaFile(file -> true, TidyRules::deadCode)),
            new Rule(
                    "type-name",
                    "name the type for its job",
                    perJavaFile(
                            file -> TYPE_NAME_WITHOUT_A_JOB
                                    .matcher(file.typeName())
                                    .matches(),
                            file -> List.of(new Finding(file.path(), 1, file.typeName())))),
            new Rule(
                    "package-info",
                    "a package-info.java, @NullMarked: what lives here, what it may import, which thread runs it",
                    TidyRules::packageInfos),
            new Rule("unused-file", "delete it", TidyRules::unusedFiles),
            new Rule("machine-path", "a relative path or a variable", TidyRules::machinePaths));

    private TidyRules() {}

    private static Function<List<SourceFile>, List<Finding>> perJavaFile(
            Predicate<SourceFile> where, Function<SourceFile, List<Finding>> check) {
        return files -> files.stream()
                .filter(file -> file.isJava() && where.test(file))
                .flatMap(file -> check.apply(file).stream())
                .toList();
    }

    private static Rule banned(String name, String replacement, String call, Predicate<SourceFile> where) {
        Pattern pattern = Pattern.compile(call);
        return new Rule(name, replacement, perJavaFile(where, file -> hits(file, pattern)));
    }

    private static List<Finding> hits(SourceFile file, Pattern pattern) {
        return pattern.matcher(file.code())
                .results()
                .map(hit -> new Finding(file.path(), file.line(hit.start()), "`" + hit.group() + "`"))
                .toList();
    }

    private static boolean allows(List<String> allowed, String name) {
        return allowed.stream()
                .anyMatch(rule -> rule.endsWith(".*")
                        ? (name + ".").startsWith(rule.substring(0, rule.length() - 1))
                        : rule.equals(name));
    }

    private static List<Finding> imports(SourceFile file) {
        String from = file.packageName();
        if (!IMPORTS.containsKey(from)) {
            return List.of(new Finding(file.path(), 1, from + " is not in the import table"));
        }
        return OUR_PACKAGE
                .matcher(file.code())
                .results()
                .filter(hit -> !hit.group(1).equals(from) && !allows(IMPORTS.get(from), hit.group(1)))
                .map(hit -> new Finding(file.path(), file.line(hit.start()), from + " may not import " + hit.group(1)))
                .toList();
    }

    private static List<Finding> cycles(List<SourceFile> files) {
        Map<String, Set<String>> reached = new TreeMap<>();
        for (SourceFile file : files) {
            if (file.isJava() && file.isMain()) {
                Set<String> targets = reached.computeIfAbsent(file.packageName(), name -> new TreeSet<>());
                OUR_PACKAGE
                        .matcher(file.code())
                        .results()
                        .map(hit -> hit.group(1))
                        .forEach(targets::add);
                targets.remove(file.packageName());
            }
        }
        for (String through : reached.keySet()) {
            for (Set<String> targets : reached.values()) {
                if (targets.contains(through)) {
                    targets.addAll(reached.get(through));
                }
            }
        }
        return reached.keySet().stream()
                .filter(name -> reached.get(name).contains(name))
                .map(name -> new Finding(
                        name,
                        0,
                        "imports itself through "
                                + reached.get(name).stream()
                                        .filter(other -> !other.equals(name)
                                                && reached.getOrDefault(other, Set.of())
                                                        .contains(name))
                                        .collect(Collectors.joining(", "))))
                .toList();
    }

    private static List<Finding> libraries(SourceFile file) {
        List<Finding> findings = new ArrayList<>();
        for (MatchResult hit : IMPORT.matcher(file.code()).results().toList()) {
            LIBRARIES.forEach((library, homes) -> {
                if (allows(List.of(library + ".*"), hit.group(1)) && !homes.contains(file.packageName())) {
                    findings.add(new Finding(
                            file.path(), file.line(hit.start()), library + " belongs to " + String.join(", ", homes)));
                }
            });
        }
        return findings;
    }

    /** Executors without a thread factory, and asynchronous steps without an executor. */
    private static List<Finding> executors(SourceFile file) {
        Pattern calls = Pattern.compile("\\bExecutors\\.new(\\w+)\\(|\\b(supplyAsync|runAsync|then\\w+Async)\\(");
        Set<String> withCount = Set.of("FixedThreadPool", "ScheduledThreadPool");
        List<Finding> findings = new ArrayList<>();
        for (MatchResult hit : calls.matcher(file.code()).results().toList()) {
            boolean never =
                    Set.of("VirtualThreadPerTaskExecutor", "WorkStealingPool").contains("" + hit.group(1));
            int needed = hit.group(1) == null || withCount.contains(hit.group(1)) ? 2 : 1;
            if (never || file.arguments(hit.end() - 1).size() < needed) {
                findings.add(new Finding(file.path(), file.line(hit.start()), "`" + hit.group() + "`"));
            }
        }
        return findings;
    }

    private static List<Finding> sizes(SourceFile file) {
        List<Finding> findings = new ArrayList<>();
        String[] lines = file.text().split("\n");
        if (lines.length > FILE_LINES_MAX) {
            findings.add(new Finding(
                    file.path(), lines.length, "%d lines, more than %d".formatted(lines.length, FILE_LINES_MAX)));
        }
        for (int at = 0; at < lines.length; at++) {
            if (lines[at].length() > LINE_COLUMNS_MAX) {
                findings.add(new Finding(
                        file.path(),
                        at + 1,
                        "%d columns, more than %d".formatted(lines[at].length(), LINE_COLUMNS_MAX)));
            }
        }
        file.methods().stream()
                .filter(m -> m.lines() > METHOD_LINES_MAX)
                .forEach(m -> findings.add(new Finding(
                        file.path(),
                        file.line(m.offset()),
                        "%s has %d lines, more than %d".formatted(m.name(), m.lines(), METHOD_LINES_MAX))));
        return findings;
    }

    private static List<Finding> parameters(SourceFile file) {
        return file.methods().stream()
                .filter(m -> m.parameters() > PARAMETERS_MAX
                        && !m.overrides()
                        && !file.path().startsWith("kernel/"))
                .map(m -> new Finding(
                        file.path(),
                        file.line(m.offset()),
                        "%s has %d parameters, more than %d".formatted(m.name(), m.parameters(), PARAMETERS_MAX)))
                .toList();
    }

    private static List<Finding> taskNotes(SourceFile file) {
        return file.comments().stream()
                .flatMap(comment -> TASK_NOTE
                        .matcher(comment.text())
                        .results()
                        .map(hit -> new Finding(
                                file.path(), file.line(comment.offset() + hit.start()), "`" + hit.group() + "`")))
                .toList();
    }

    /** Documentation may show code; other comments may not be code. */
    private static List<Finding> deadCode(SourceFile file) {
        List<Finding> findings = new ArrayList<>();
        for (SourceFile.Comment comment : file.comments()) {
            String[] lines = comment.text().split("\n");
            for (int at = 0; at < lines.length && !comment.text().startsWith("/**"); at++) {
                String line = lines[at]
                        .strip()
                        .replaceFirst("^(?://+|/\\*|\\*(?!/))", "")
                        .strip();
                if (CODE_IN_COMMENT.matcher(line).matches()) {
                    findings.add(new Finding(file.path(), file.line(comment.offset()) + at, "`" + line + "`"));
                }
            }
        }
        return findings;
    }

    private static List<Finding> packageInfos(List<SourceFile> files) {
        Set<String> folders = new TreeSet<>();
        Map<String, String> infos = new TreeMap<>();
        for (SourceFile file : files) {
            if (file.isJava() && file.isMain()) {
                String folder = file.path().replaceFirst("[^/]*$", "");
                folders.add(folder);
                if (file.typeName().equals("package-info")) {
                    infos.put(folder, file.text());
                }
            }
        }
        return folders.stream()
                .filter(folder -> !infos.getOrDefault(folder, "").matches("(?s)/\\*\\*.*@NullMarked\npackage .*"))
                .map(folder -> new Finding(folder, 0, "no package-info.java with a comment and @NullMarked"))
                .toList();
    }

    /** A type that only its own test names is not used either. Entry points are named by scripts and builds. */
    private static List<Finding> unusedFiles(List<SourceFile> files) {
        Map<String, Set<String>> users = new TreeMap<>();
        for (SourceFile file : files) {
            Arrays.stream(file.code().split("\\W+"))
                    .forEach(word ->
                            users.computeIfAbsent(word, w -> new TreeSet<>()).add(file.typeName()));
        }
        return files.stream()
                .filter(file -> file.isJava()
                        && !file.typeName().matches("(?:package|module)-info|\\w+Test")
                        && !MAIN_METHOD.matcher(file.code()).find())
                .filter(file -> Set.of(file.typeName(), file.typeName() + "Test")
                        .containsAll(users.getOrDefault(file.typeName(), Set.of())))
                .map(file -> new Finding(file.path(), 1, "nothing names " + file.typeName()))
                .toList();
    }

    private static List<Finding> machinePaths(List<SourceFile> files) {
        List<Finding> findings = new ArrayList<>();
        for (SourceFile file : files) {
            MACHINE_PATH
                    .matcher(file.text())
                    .results()
                    .forEach(hit ->
                            findings.add(new Finding(file.path(), file.line(hit.start()), "`" + hit.group() + "`")));
        }
        return findings;
    }
}
