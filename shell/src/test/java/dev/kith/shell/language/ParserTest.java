package dev.kith.shell.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
    record Fault(String line, int column, String complaint) {}

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault("random", 1, "expected a statement of the DB (HELP lists them) but found random"),
                new Fault(" INfoSERVER ; random; ping", 15, "expected a statement"),
                new Fault("PURGESTORES", 1, "expected a statement of the DB"),
                new Fault("PING PING", 6, "expected ';' or the end of the line but found PING"),
                new Fault("PINGS", 1, "expected a statement"),
                new Fault("GETSTORE", 9, "expected the name of a store but the line ends"),
                new Fault("GETSTORE (a)", 10, "expected the name of a store but found (a)"),
                new Fault("GETSTORE a SCHEMA", 18, "expected the name of a schema"),
                new Fault("GETSTORE a SCHEMA b SCHEMA c", 20, "SCHEMA is there twice"),
                new Fault("GETSTORE 'a", 10, "expected the name of a store, and a quotation mark that ends it,"),
                new Fault("dropstore yeezy IF NOT exists", 17, "expected ';' or the end of the line"),
                new Fault("CREATESTORE a", 14, "expected DIMENSION"),
                new Fault("CREATESTORE a DIMENSION 0", 25, "expected the dimension, a whole number from 1,"),
                new Fault("CREATESTORE a DIMENSION 2x", 25, "expected the dimension"),
                new Fault("CREATESTORE a DIMENSION 2147483648", 25, "the dimension is at most 2147483647"),
                new Fault("CREATESTORE a DIMENSION 2 PREDICATES ()", 39, "expected a key"),
                new Fault(
                        "createnonlinearalgorithmindex (fake) in store2",
                        32,
                        "expected an index (kdtree, hnsw) but found fake"),
                new Fault("CREATESTORE a DIMENSION 2 NONLINEARALGORITHMINDEX (hnsw {m: 2})", 58, "expected a setting"),
                new Fault("GETSIMN 0 with [0.1, 0.2] using kdtree in store1", 9, "expected how many"),
                new Fault("GETSIMN 99999999999999999999 WITH [1] USING kdtree IN a", 9, "expected how many"),
                new Fault(
                        "GETSIMN 1 WITH [1] USING manhattan IN a",
                        26,
                        "expected an algorithm (euclideandistance, dotproductsimilarity, cosinesimilarity, kdtree,"),
                new Fault("getkey ([a, b, c], [3.0, 4.0]) in 1234", 10, "expected a number but found a, b"),
                new Fault("GETKEY ([]) IN a", 10, "expected a number"),
                new Fault("GETKEY ([1.]) IN a", 10, "expected a number"),
                new Fault("GETKEY ([1e]) IN a", 10, "expected a number"),
                new Fault("GETKEY ([-]) IN a", 10, "expected a number"),
                new Fault("GETKEY ([NaN]) IN a", 10, "expected a number"),
                new Fault("GETKEY ([1e39]) IN a", 10, "1e39 is beyond the range of 32-bit numbers"),
                new Fault("GETKEY ([1, 2) IN a", 14, "expected ']' but found ) IN a"),
                new Fault("GETKEY ([1]) a", 14, "expected IN but found a"),
                new Fault("set 2134 in store", 5, "expected '(' but found 2134 in store"),
                new Fault("SET (([1], {})) IN a", 13, "expected a key"),
                new Fault("SET (([1], {a: })) IN a", 16, "expected a value"),
                new Fault("SET (([1], {a: b, a: c})) IN a", 19, "the key a is there twice"),
                new Fault("SET (([1], {a: /x123})) IN a", 16, "/x and /a begin bytes"),
                new Fault("SET (([1], {a: /about})) IN a", 16, "/x and /a begin bytes"),
                new Fault("SET (([1], {a: 'b\\q'})) IN a", 18, "unknown escape \\q"),
                new Fault("SET (([1], {a: 'b\\u12'})) IN a", 18, "\\u has four hexadecimal digits"),
                new Fault("SET (([1], {a: \"x, y})) IN a", 21, "expected ':'"),
                new Fault("GETPRED ([a, b, c], [3.0, 4.0]) in 1234", 10, "expected a key, or '('"),
                new Fault("GETPRED a = b IN c", 9, "expected '(' and a condition"),
                new Fault("GETPRED (a < b) IN c", 12, "expected =, !=, IN or NOT IN"),
                new Fault("GETPRED (a ! b) IN c", 14, "expected '='"),
                new Fault("GETPRED (a IN ()) IN c", 16, "expected a value"),
                new Fault("GETPRED ((a = b) AND ) IN c", 22, "expected a key, or '('"),
                new Fault("GETPRED ((a = b) XOR (c = d)) IN c", 18, "expected ')'"),
                new Fault("UPSERT (NONE, NONE) WHERE (a = b) IN c", 14, "at least one half is not NONE"),
                new Fault("UPSERT ([1], {a: b}) IN c", 22, "expected WHERE"),
                new Fault("LISTSTOREENTRIES a LIMIT ten", 26, "expected the limit"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void parse_garbage_saysWhereAndWhatWasExpected(Fault fault) {
        SyntaxException thrown =
                catchThrowableOfType(SyntaxException.class, () -> Parser.parse(fault.line(), Agent.DB));
        assertThat(thrown).as(fault.line()).isNotNull();
        assertThat(thrown.complaint()).startsWith(fault.complaint());
        assertThat(thrown.position() + 1).as(thrown.getMessage()).isEqualTo(fault.column());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLUSTERINFO",
                "CREATESTORE a DIMENSION 2",
                "CREATESTORE a QUERYMODEL gpt INDEXMODEL gpt",
                "CREATESTORE a QUERYMODEL resnet-50",
                "SET (([1, 2], {a: b})) IN s PREPROCESSACTION nopreprocessing",
                "SET (([a], {a: b})) IN s",
                "SET (([a], {a: b})) IN s PREPROCESSACTION some",
                "UPSERT ([a], {a: b}) WHERE (a = b) IN s",
                "UPSERT ([a], {a: b}) WHERE (a = b) IN s MERGE PREPROCESSACTION nopreprocessing"
            })
    void parse_whatAnAiServerHasNot_isRefused(String line) {
        assertThat(catchThrowableOfType(SyntaxException.class, () -> Parser.parse(line, Agent.AI)))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  \t ", ";", " ; ;; "})
    void parse_nothing_hasNoStatements(String line) {
        assertThat(Parser.parse(line, Agent.DB)).isEmpty();
    }

    @Test
    void parse_deepConditions_areRefusedBeyondTheLimitAndOnlyThere() {
        assertThat(Parser.parse(nested(Conditions.DEPTH_MAX - 1), Agent.DB)).hasSize(1);
        SyntaxException thrown = catchThrowableOfType(
                SyntaxException.class, () -> Parser.parse(nested(100 * Conditions.DEPTH_MAX), Agent.DB));
        assertThat(thrown.complaint()).isEqualTo("a condition is at most 1000 deep");
    }

    @Test
    void parse_longChains_areAsDeepAsTheyAreLong() {
        String chain = "(a = b) AND ".repeat(Conditions.DEPTH_MAX) + "(a = b)";
        SyntaxException thrown = catchThrowableOfType(
                SyntaxException.class, () -> Parser.parse("GETPRED (" + chain + ") IN s", Agent.DB));
        assertThat(thrown.complaint()).isEqualTo("a condition is at most 1000 deep");
    }

    @Test
    void parse_lineBeyondTheLimit_isRefusedUnread() {
        String line = " ".repeat(Parser.LINE_CHARS_MAX + 1);
        assertThat(catchThrowableOfType(SyntaxException.class, () -> Parser.parse(line, Agent.DB)))
                .hasMessageContaining("at most 33554432 characters");
    }

    @Test
    void help_ofEveryVerb_isThere() {
        for (Verb verb : Verb.values()) {
            assertThat(verb.form()).contains(verb.name());
            assertThat(verb.purpose()).endsWith(".");
        }
    }

    private static String nested(int depth) {
        return "GETPRED " + "(".repeat(depth) + "a = b" + ")".repeat(depth) + " IN s";
    }
}
