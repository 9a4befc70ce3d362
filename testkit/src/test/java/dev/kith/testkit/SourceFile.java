package dev.kith.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One text file of the repository, as the tidy rules look at it. For Java, {@code code} is the text with comments and
 * the insides of literals blanked, so that offsets and line numbers of both agree.
 *
 * <p>The scanner knows brackets and words, no grammar: it finds methods and constructors with a parameter list, but
 * neither compact constructors nor initialisers nor lambdas.
 *
 * @param path from the repository root, with forward slashes
 * @param comments all of them, documentation included, with their marks
 */
record SourceFile(String path, String text, String code, List<Comment> comments) {
    private static final Pattern BLANKED = Pattern.compile(
            "//[^\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|\"(?:[^\"\\\\\n]++|\\\\.)*+\"|'(?:[^'\\\\\n]++|\\\\.)*+'",
            Pattern.DOTALL);
    private static final Pattern CALL_OR_DECLARATION = Pattern.compile("\\b([A-Za-z_]\\w*)\\s*\\(");
    private static final Pattern AFTER_PARAMETERS = Pattern.compile("\\s*(?:throws\\s[\\w.,\\s]+)?([{;])");
    private static final Pattern OVERRIDE = Pattern.compile("@Override\\b[^;{}]*$");
    private static final Set<String> NEVER_NAMES =
            Set.of("if", "for", "while", "switch", "catch", "try", "synchronized", "return", "super", "this", "when");
    private static final Set<String> NEVER_BEFORE_NAMES =
            Set.of("new", "record", "return", "throw", "else", "yield", "assert", "case", "instanceof", "do");

    /** A comment and where it starts. */
    record Comment(int offset, String text) {}

    /**
     * A method or constructor.
     *
     * @param lines from its name to its closing brace; 0 without a body
     */
    record Method(String name, int offset, int lines, int parameters, boolean overrides) {}

    static SourceFile of(String path, String text) {
        List<Comment> comments = new ArrayList<>();
        if (!path.endsWith(".java")) {
            return new SourceFile(path, text, "", comments);
        }
        StringBuilder code = new StringBuilder(text);
        for (MatchResult hit : BLANKED.matcher(text).results().toList()) {
            boolean comment = hit.group().startsWith("/");
            if (comment) {
                comments.add(new Comment(hit.start(), hit.group()));
            }
            int inset = comment ? 0 : 1;
            for (int at = hit.start() + inset; at < hit.end() - inset; at++) {
                code.setCharAt(at, text.charAt(at) == '\n' ? '\n' : ' ');
            }
        }
        return new SourceFile(path, text, code.toString(), comments);
    }

    boolean isJava() {
        return path.endsWith(".java");
    }

    boolean isMain() {
        return path.contains("/src/main/java/");
    }

    /** The folder's name as a package; the folder decides, since the compiler demands that both agree. */
    String packageName() {
        return path.replaceFirst(".*?/src/(?:main|test)/java/", "")
                .replaceFirst("/?[^/]*$", "")
                .replace('/', '.');
    }

    /** The file's name without its ending. */
    String typeName() {
        return path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.java$", "");
    }

    /** Line number, from 1, of an offset into text or code. */
    int line(int offset) {
        return 1
                + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
    }

    List<Method> methods() {
        List<Method> methods = new ArrayList<>();
        for (MatchResult head : CALL_OR_DECLARATION.matcher(code).results().toList()) {
            String before = code.substring(Math.max(0, head.start() - 400), head.start())
                    .stripTrailing();
            int close = close(head.end() - 1);
            Matcher after = AFTER_PARAMETERS.matcher(code).region(close, code.length());
            if (NEVER_NAMES.contains(head.group(1)) || !after.lookingAt() || !canPrecede(before)) {
                continue;
            }
            boolean body = after.group(1).equals("{");
            if (body || endsWithType(before)) {
                int lines = body ? line(close(after.start(1)) - 1) - line(head.start()) + 1 : 0;
                boolean overrides = OVERRIDE.matcher(before).find();
                methods.add(new Method(
                        head.group(1),
                        head.start(),
                        lines,
                        arguments(head.end() - 1).size(),
                        overrides));
            }
        }
        return methods;
    }

    private static boolean canPrecede(String before) {
        return !before.endsWith(".")
                && !before.endsWith(",")
                && !before.endsWith("@")
                && !NEVER_BEFORE_NAMES.contains(before.replaceFirst("(?s).*\\W", ""));
    }

    /** Tells {@code List<X> name(} from {@code a > name(} and {@code x -> name(} by the formatter's blanks. */
    private static boolean endsWithType(String before) {
        return before.matches("(?s).*[\\w\\]]|.*[^\\s-]>");
    }

    /** What stands between the commas of the brackets that open at {@code open}, nested brackets skipped. */
    List<String> arguments(int open) {
        List<String> arguments = new ArrayList<>();
        int depth = 0;
        int start = open + 1;
        int end = close(open) - 1;
        for (int at = start; at <= end; at++) {
            char c = code.charAt(at);
            depth += "([{<".indexOf(c) >= 0 ? 1 : 0;
            boolean arrow = c == '>' && code.charAt(at - 1) == '-';
            depth -= at < end && ")]}>".indexOf(c) >= 0 && !arrow ? 1 : 0;
            if (at == end || c == ',' && depth == 0) {
                arguments.add(code.substring(start, at).strip());
                start = at + 1;
            }
        }
        return arguments.equals(List.of("")) ? List.of() : arguments;
    }

    /** The offset after the bracket that closes the one at {@code open}, or the end of the text. */
    private int close(int open) {
        char opening = code.charAt(open);
        char closing = opening == '(' ? ')' : '}';
        int depth = 0;
        for (int at = open; at < code.length(); at++) {
            char c = code.charAt(at);
            depth += c == opening ? 1 : c == closing ? -1 : 0;
            if (depth == 0) {
                return at + 1;
            }
        }
        return code.length();
    }
}
