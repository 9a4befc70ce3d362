package dev.kith.shell.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Parser;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every statement of the DB's language, and the request that it means. */
class DbRequestsTest {
    record Case(String line, String query) {}

    static Stream<Case> original() {
        return Stream.concat(ofStores(), ofEntries());
    }

    private static Stream<Case> ofStores() {
        return Stream.of(
                new Case("PING", "ping {}"),
                new Case("  Ping  ", "ping {}"),
                new Case("INFOSERVER", "info_server {}"),
                new Case("LISTCLIENTS", "list_clients {}"),
                new Case("LISTSTORES", "list_stores {}"),
                new Case("LISTSTORES SCHEMA analytics", "list_stores { schema: 'analytics' }"),
                new Case("GETSTORE articles", "get_store { store: 'articles' }"),
                new Case("GETSTORE 1-a_B SCHEMA s", "get_store { store: '1-a_B' schema: 's' }"),
                new Case(
                        "CREATESTORE IF NOT EXISTS articles DIMENSION 2 PREDICATES (author, country)"
                                + " NONLINEARALGORITHMINDEX (hnsw)",
                        """
                        create_store { store: 'articles' dimension: 2 create_predicates: 'author'
                          create_predicates: 'country' non_linear_indices { hnsw {} } }"""),
                new Case(
                        "CREATESTORE articles DIMENSION 39 SCHEMA academics",
                        "create_store { store: 'articles' dimension: 39 error_if_exists: true schema: 'academics' }"),
                new Case(
                        "createstore school dimension 77 predicates(name,surname) nonlinearalgorithmindex(kdtree)",
                        """
                        create_store { store: 'school' dimension: 77 create_predicates: 'name'
                          create_predicates: 'surname' non_linear_indices { kdtree {} } error_if_exists: true }"""),
                new Case("DROPSTORE articles", "drop_store { store: 'articles' error_if_not_exists: true }"),
                new Case("DROPSTORE articles IF EXISTS", "drop_store { store: 'articles' }"),
                new Case("DROPSTORE a IF EXISTS SCHEMA s", "drop_store { store: 'a' schema: 's' }"),
                new Case("DROPSCHEMA analytics", "drop_schema { schema: 'analytics' }"),
                new Case(
                        "CREATEPREDINDEX (author, 3) IN articles SCHEMA s",
                        "create_pred_index { store: 'articles' predicates: 'author' predicates: '3' schema: 's' }"),
                new Case(
                        "DROPPREDINDEX IF EXISTS (author) IN articles",
                        "drop_pred_index { store: 'articles' predicates: 'author' }"),
                new Case("DROPPREDINDEX (author) IN articles SCHEMA s", """
                        drop_pred_index { store: 'articles' predicates: 'author' error_if_not_exists: true
                          schema: 's' }"""),
                new Case("CREATENONLINEARALGORITHMINDEX (kdtree, hnsw) IN articles SCHEMA s", """
                        create_non_linear_algorithm_index { store: 'articles' non_linear_indices { kdtree {} }
                          non_linear_indices { hnsw {} } schema: 's' }"""),
                new Case(
                        "DROPNONLINEARALGORITHMINDEX IF EXISTS (hnsw) IN articles",
                        "drop_non_linear_algorithm_index { store: 'articles' non_linear_indices: HNSW }"),
                new Case("DROPNONLINEARALGORITHMINDEX (kdtree) IN 1234 SCHEMA s", """
                        drop_non_linear_algorithm_index { store: '1234' non_linear_indices: KDTree
                          error_if_not_exists: true schema: 's' }"""));
    }

    private static Stream<Case> ofEntries() {
        return Stream.of(
                new Case("SET (([0.1, 0.2], {author: dickens})) IN articles", """
                        set { store: 'articles' inputs { key { key: 0.1 key: 0.2 }
                          value { value { key: 'author' value { raw_string: 'dickens' } } } } }"""),
                new Case(
                        "SET (([1,2,3], {state: New York in May, i: /x00fF}), ([3.2, 4.5, 9.4], {s: /a0102})) in geo"
                                + " schema s",
                        """
                        set { store: 'geo'
                          inputs { key { key: 1 key: 2 key: 3 }
                            value { value { key: 'state' value { raw_string: 'New York in May' } }
                                    value { key: 'i' value { image: '\\000\\377' } } } }
                          inputs { key { key: 3.2 key: 4.5 key: 9.4 }
                            value { value { key: 's' value { audio: '\\001\\002' } } } }
                          schema: 's' }"""),
                new Case("GETKEY ([0.1, 0.2]) IN articles", "get_key { store: 'articles' keys { key: 0.1 key: 0.2 } }"),
                new Case(
                        "getkey ([1, 2, 3], [3.0, 4.0]) in 1234 schema s",
                        "get_key { store: '1234' keys { key: 1 key: 2 key: 3 } keys { key: 3 key: 4 } schema: 's' }"),
                new Case("DELKEY ([0.1, 0.2]) IN articles", "del_key { store: 'articles' keys { key: 0.1 key: 0.2 } }"),
                new Case("GETPRED ((author = dickens) OR (country != Nigeria)) IN articles", """
                        get_pred { store: 'articles' condition { or {
                          left { value { equals { key: 'author' value { raw_string: 'dickens' } } } }
                          right { value { not_equals { key: 'country' value { raw_string: 'Nigeria' } } } } } } }"""),
                new Case(
                        "GETPRED ((pages in (0, 1)) AND (author != dickens) OR (author NOT in (jk, rick)) ) in b", """
                        get_pred { store: 'b' condition { and {
                          left { value { in { key: 'pages' values { raw_string: '0' } values { raw_string: '1' } } } }
                          right { or {
                            left { value { not_equals { key: 'author' value { raw_string: 'dickens' } } } }
                            right { value { not_in { key: 'author' values { raw_string: 'jk' }
                              values { raw_string: 'rick' } } } } } } } } }"""),
                new Case("GETSIMN 4 WITH [0.6, 2.7] USING cosinesimilarity IN articles WHERE (author = dickens)", """
                        get_sim_n { store: 'articles' search_input { key: 0.6 key: 2.7 } closest_n: 4
                          algorithm: CosineSimilarity
                          condition { value { equals { key: 'author' value { raw_string: 'dickens' } } } } }"""),
                new Case("GETSIMN 1 with [1, 2] using kdtree in school SCHEMA a where (d = m)", """
                        get_sim_n { store: 'school' search_input { key: 1 key: 2 } closest_n: 1 algorithm: KDTree
                          condition { value { equals { key: 'd' value { raw_string: 'm' } } } } schema: 'a' }"""),
                new Case("GETSIMN 5 WITH [34.1] USING dotproductsimilarity IN r", """
                        get_sim_n { store: 'r' search_input { key: 34.1 } closest_n: 5
                          algorithm: DotProductSimilarity }"""),
                new Case(
                        "UPSERT ([0.3, 0.4], {author: hugo}) WHERE (author = dickens) IN articles MERGE SCHEMA s",
                        """
                        upsert { store: 'articles' merge_metadata: true schema: 's'
                          condition { value { equals { key: 'author' value { raw_string: 'dickens' } } } }
                          new_key { key: 0.3 key: 0.4 }
                          new_value { value { key: 'author' value { raw_string: 'hugo' } } } }"""));
    }

    static Stream<Case> mended() {
        return Stream.of(
                new Case("GETSIMN 3 WITH [-0.5, +1.5e-3, 2E2] USING hnsw IN a", """
                        get_sim_n { store: 'a' search_input { key: -0.5 key: 0.0015 key: 200 } closest_n: 3
                          algorithm: HNSW }"""),
                new Case("GETSIMN 18446744073709551615 WITH [1] USING DotProductSimilarity IN a SCHEMA s", """
                        get_sim_n { store: 'a' search_input { key: 1 } closest_n: 18446744073709551615
                          algorithm: DotProductSimilarity schema: 's' }"""),
                new Case("UPSERT (NONE, {a: b}) WHERE (a = c) IN s", """
                        upsert { store: 's' condition { value { equals { key: 'a' value { raw_string: 'c' } } } }
                          new_value { value { key: 'a' value { raw_string: 'b' } } } }"""),
                new Case("UPSERT ([1], none) WHERE (a = c) IN s", """
                        upsert { store: 's' condition { value { equals { key: 'a' value { raw_string: 'c' } } } }
                          new_key { key: 1 } }"""),
                new Case("DELPRED (a = c) IN s SCHEMA t", """
                        del_pred { store: 's' schema: 't'
                          condition { value { equals { key: 'a' value { raw_string: 'c' } } } } }"""),
                new Case("CLEARSTORE s SCHEMA t", "clear_store { store: 's' schema: 't' }"),
                new Case("CLUSTERINFO", "cluster_info {}"),
                new Case("LISTSTOREENTRIES s", "list_store_entries { store: 's' }"),
                new Case("LISTSTOREENTRIES s LIMIT 10 CURSOR 'a/b==' WHERE (a = c) SCHEMA t", """
                        list_store_entries { store: 's' limit: 10 cursor: 'a/b==' schema: 't'
                          condition { value { equals { key: 'a' value { raw_string: 'c' } } } } }"""),
                new Case(
                        "CREATESTORE s DIMENSION 2 NONLINEARALGORITHMINDEX (hnsw {distance: cosine, ef_construction: 9,"
                                + " maximum_connections: 3, maximum_connections_zero: 6, extend_candidates: true,"
                                + " keep_pruned_connections: FALSE}, kdtree)",
                        """
                        create_store { store: 's' dimension: 2 error_if_exists: true
                          non_linear_indices { hnsw { distance: Cosine ef_construction: 9 maximum_connections: 3
                            maximum_connections_zero: 6 extend_candidates: true keep_pruned_connections: false } }
                          non_linear_indices { kdtree {} } }"""),
                new Case("GETPRED (k = \"a, (b) 'c' \\\"d\\\" \\u00e9\\n;\") IN 'my store'", """
                        get_pred { store: 'my store' condition { value { equals { key: 'k'
                          value { raw_string: 'a, (b) \\'c\\' "d" \\303\\251\\n;' } } } } }"""),
                new Case("SET (([1], {a: '', b: 'x' })) IN s", """
                        set { store: 's' inputs { key { key: 1 } value {
                          value { key: 'a' value { raw_string: '' } }
                          value { key: 'b' value { raw_string: 'x' } } } } }"""),
                new Case(
                        "CREATESTORE if DIMENSION 1",
                        "create_store { store: 'if' dimension: 1 error_if_exists: true }"));
    }

    /** What the original takes as it stands, quotation marks and blanks included. */
    static Stream<Case> plainTexts() {
        return Stream.of(
                new Case("'tis the season", "'tis the season"),
                new Case("\"a\" or b", "\"a\" or b"),
                new Case("dickens ", "dickens "),
                new Case("a;b:c{d=e IN f", "a;b:c{d=e IN f"),
                new Case("/xyz", "/xyz"),
                new Case("/", "/"));
    }

    @ParameterizedTest
    @MethodSource({"original", "mended"})
    void pipeline_ofOneStatement_isTheRequest(Case one) throws Exception {
        assertThat(request(one.line())).isEqualTo(expected(List.of(one)));
    }

    @Test
    void pipeline_ofAllStatementsWithSemicolons_hasAllInOrder() throws Exception {
        List<Case> all = Stream.concat(original(), mended()).toList();
        String line = all.stream().map(Case::line).collect(Collectors.joining(" ; "));
        assertThat(request(line)).isEqualTo(expected(all));
        assertThat(request(line + ";")).isEqualTo(expected(all));
    }

    @ParameterizedTest
    @MethodSource("original")
    void pipeline_withKeywordsInAnotherCase_isTheSame(Case one) throws Exception {
        String verb = one.line().strip().split(" ", 2)[0];
        String line = one.line().replace(verb, verb.toLowerCase(Locale.ROOT)).replace("SCHEMA", "Schema");
        assertThat(request(line)).isEqualTo(expected(List.of(one)));
    }

    @ParameterizedTest
    @MethodSource("plainTexts")
    void text_withoutQuotesAroundAll_isTakenAsItStands(Case one) {
        DBRequestPipeline request = request("GETPRED (k = " + one.line() + ") IN s");
        assertThat(request.getQueries(0)
                        .getGetPred()
                        .getCondition()
                        .getValue()
                        .getEquals()
                        .getValue()
                        .getRawString())
                .isEqualTo(one.query());
    }

    private static DBRequestPipeline request(String line) {
        return DbRequests.pipeline(Parser.parse(line, Agent.DB));
    }

    private static DBRequestPipeline expected(List<Case> all) throws TextFormat.ParseException {
        DBRequestPipeline.Builder pipeline = DBRequestPipeline.newBuilder();
        for (Case one : all) {
            TextFormat.merge(one.query(), pipeline.addQueriesBuilder());
        }
        return pipeline.build();
    }
}
