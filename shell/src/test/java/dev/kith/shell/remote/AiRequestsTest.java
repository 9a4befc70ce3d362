package dev.kith.shell.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Model;
import dev.kith.shell.language.Parser;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every statement of the AI servers' language, and the request that it means. */
class AiRequestsTest {
    record Case(String line, String query) {}

    static Stream<Case> statements() {
        return Stream.concat(ofStores(), ofEntries());
    }

    private static Stream<Case> ofStores() {
        return Stream.of(
                new Case("PING", "ping {}"),
                new Case("INFOSERVER", "info_server {}"),
                new Case("LISTCLIENTS", "list_clients {}"),
                new Case("LISTSTORES SCHEMA s", "list_stores { schema: 's' }"),
                new Case("GETSTORE books", "get_store { store: 'books' }"),
                new Case("PURGESTORES", "purge_stores {}"),
                new Case("DROPSTORE books IF EXISTS", "drop_store { store: 'books' }"),
                new Case("DROPSCHEMA s", "drop_schema { schema: 's' }"),
                new Case("CLEARSTORE books", "clear_store { store: 'books' }"),
                new Case(
                        "CREATESTORE books QUERYMODEL all-minilm-l6-v2 INDEXMODEL BGE-base-en-v1.5 PREDICATES (author)"
                                + " STOREORIGINAL",
                        """
                        create_store { store: 'books' query_model: ALL_MINI_LM_L6_V2 index_model: BGE_BASE_EN_V15
                          predicates: 'author' error_if_exists: true store_original: true }"""),
                new Case(
                        "CREATESTORE IF NOT EXISTS b QUERYMODEL clap-text INDEXMODEL clap-audio"
                                + " NONLINEARALGORITHMINDEX (kdtree, hnsw) SCHEMA s",
                        """
                        create_store { store: 'b' query_model: CLAP_TEXT index_model: CLAP_AUDIO
                          non_linear_indices { kdtree {} } non_linear_indices { hnsw {} } schema: 's' }"""),
                new Case("CREATEPREDINDEX (a) IN b", "create_pred_index { store: 'b' predicates: 'a' }"),
                new Case(
                        "DROPPREDINDEX (a) IN b",
                        "drop_pred_index { store: 'b' predicates: 'a' error_if_not_exists: true }"),
                new Case(
                        "CREATENONLINEARALGORITHMINDEX (kdtree) IN b",
                        "create_non_linear_algorithm_index { store: 'b' non_linear_indices { kdtree {} } }"),
                new Case(
                        "DROPNONLINEARALGORITHMINDEX IF EXISTS (hnsw) IN b",
                        "drop_non_linear_algorithm_index { store: 'b' non_linear_indices: HNSW }"));
    }

    private static Stream<Case> ofEntries() {
        return Stream.of(
                new Case(
                        "SET (([a tale of two cities], {author: dickens})) IN books PREPROCESSACTION"
                                + " modelpreprocessing",
                        """
                        set { store: 'books' preprocess_action: ModelPreprocessing
                          inputs { key { raw_string: 'a tale of two cities' }
                            value { value { key: 'author' value { raw_string: 'dickens' } } } } }"""),
                new Case(
                        "SET (([/x01], {a: b}), ([/a02], {a: c})) IN i SCHEMA s PREPROCESSACTION nopreprocessing"
                                + " EXECUTIONPROVIDER CUDA",
                        """
                        set { store: 'i' schema: 's' execution_provider: CUDA
                          inputs { key { image: '\\001' } value { value { key: 'a' value { raw_string: 'b' } } } }
                          inputs { key { audio: '\\002' }
                            value { value { key: 'a' value { raw_string: 'c' } } } } }"""),
                new Case("GETKEY ([a tale of two cities], ['x, y']) IN books", """
                        get_key { store: 'books' keys { raw_string: 'a tale of two cities' }
                          keys { raw_string: 'x, y' } }"""),
                new Case("DELKEY ([a]) IN b SCHEMA s", "del_key { store: 'b' keys { raw_string: 'a' } schema: 's' }"),
                new Case("GETPRED (a = b) IN books", """
                        get_pred { store: 'books'
                          condition { value { equals { key: 'a' value { raw_string: 'b' } } } } }"""),
                new Case("DELPRED (a = b) IN books", """
                        del_pred { store: 'books'
                          condition { value { equals { key: 'a' value { raw_string: 'b' } } } } }"""),
                new Case(
                        "GETSIMN 3 WITH [paris and london] USING cosinesimilarity PREPROCESSACTION modelpreprocessing"
                                + " IN books",
                        """
                        get_sim_n { store: 'books' search_input { raw_string: 'paris and london' } closest_n: 3
                          algorithm: CosineSimilarity preprocess_action: ModelPreprocessing }"""),
                new Case(
                        "GETSIMN 3 WITH [p] USING hnsw EXECUTIONPROVIDER tensorrt IN books SCHEMA s WHERE (a = b)",
                        """
                        get_sim_n { store: 'books' search_input { raw_string: 'p' } closest_n: 3 algorithm: HNSW
                          execution_provider: TENSOR_RT schema: 's'
                          condition { value { equals { key: 'a' value { raw_string: 'b' } } } } }"""),
                new Case(
                        "UPSERT ([p], {a: c}) WHERE (a = b) IN books PREPROCESSACTION nopreprocessing"
                                + " EXECUTIONPROVIDER coreml SCHEMA s",
                        """
                        upsert { store: 'books' execution_provider: CORE_ML schema: 's'
                          condition { value { equals { key: 'a' value { raw_string: 'b' } } } }
                          new_input { raw_string: 'p' }
                          new_value { value { key: 'a' value { raw_string: 'c' } } } }"""),
                new Case("UPSERT (NONE, {a: c}) WHERE (a = b) IN books PREPROCESSACTION modelpreprocessing", """
                        upsert { store: 'books' preprocess_action: ModelPreprocessing
                          condition { value { equals { key: 'a' value { raw_string: 'b' } } } }
                          new_value { value { key: 'a' value { raw_string: 'c' } } } }"""),
                new Case(
                        "LISTSTOREENTRIES books LIMIT 2 CURSOR x",
                        "list_store_entries { store: 'books' limit: 2 cursor: 'x' }"));
    }

    @ParameterizedTest
    @MethodSource("statements")
    void pipeline_ofOneStatement_isTheRequest(Case one) throws Exception {
        assertThat(request(one.line())).isEqualTo(expected(List.of(one)));
    }

    @Test
    void pipeline_ofAllStatementsWithSemicolons_hasAllInOrder() throws Exception {
        List<Case> all = statements().toList();
        String line = all.stream().map(Case::line).collect(Collectors.joining(";"));
        assertThat(request(line)).isEqualTo(expected(all));
    }

    @ParameterizedTest
    @EnumSource(Model.class)
    void model_byItsFlag_isThatOfTheWire(Model model) {
        String line = "CREATESTORE s QUERYMODEL %s INDEXMODEL %s".formatted(model.flag(), model.flag());
        assertThat(request(line).getQueries(0).getCreateStore().getQueryModelValue())
                .isEqualTo(model.ordinal());
    }

    @ParameterizedTest
    @ValueSource(strings = {"coreml", "tensorrt", "directml", "migraphx", "cuda"})
    void provider_ofTheOriginal_isKnown(String provider) {
        String line = "SET (([a], {b: c})) IN s PREPROCESSACTION nopreprocessing EXECUTIONPROVIDER " + provider;
        assertThat(request(line)
                        .getQueries(0)
                        .getSet()
                        .getExecutionProvider()
                        .name()
                        .replace("_", ""))
                .isEqualToIgnoringCase(provider);
    }

    private static AIRequestPipeline request(String line) {
        return AiRequests.pipeline(Parser.parse(line, Agent.AI));
    }

    private static AIRequestPipeline expected(List<Case> all) throws TextFormat.ParseException {
        AIRequestPipeline.Builder pipeline = AIRequestPipeline.newBuilder();
        for (Case one : all) {
            TextFormat.merge(one.query(), pipeline.addQueriesBuilder());
        }
        return pipeline.build();
    }
}
