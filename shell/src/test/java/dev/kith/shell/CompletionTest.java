package dev.kith.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Model;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompletionTest {
    private static final List<String> STORES = List.of("articles", "'my store'");

    private final Completion db = new Completion(Agent.DB, () -> STORES);
    private final Completion ai = new Completion(Agent.AI, () -> STORES);

    @Test
    void candidates_whereAStatementBegins_areItsVerbs() {
        assertThat(db.candidates(""))
                .contains("GETSIMN", "LISTCLIENTS", "HELP", "QUIT")
                .doesNotContain("PURGESTORES");
        assertThat(db.candidates("PING; ")).isEqualTo(db.candidates(""));
        assertThat(ai.candidates("")).contains("PURGESTORES").doesNotContain("CLUSTERINFO");
    }

    @Test
    void candidates_whereAStoreComes_areTheStores() {
        assertThat(db.candidates("GETSTORE ")).isEqualTo(STORES);
        assertThat(db.candidates("ping;dropstore ")).isEqualTo(STORES);
        assertThat(db.candidates("GETSIMN 1 WITH [1] USING hnsw IN ")).isEqualTo(STORES);
    }

    @Test
    void candidates_ofAList_areNoStores() {
        assertThat(db.candidates("GETPRED (a IN (")).isEmpty();
    }

    @Test
    void candidates_afterAClause_areItsWords() {
        assertThat(db.candidates("GETSIMN 1 WITH [1] USING ")).contains("hnsw", "cosinesimilarity");
        assertThat(db.candidates("CREATESTORE a DIMENSION 2 NONLINEARALGORITHMINDEX ("))
                .containsExactly("kdtree", "hnsw");
        assertThat(ai.candidates("CREATESTORE a QUERYMODEL ")).isEqualTo(Model.flags());
        assertThat(ai.candidates("CREATESTORE a ")).contains("INDEXMODEL", "SCHEMA");
        assertThat(db.candidates("CREATESTORE a ")).contains("SCHEMA").doesNotContain("INDEXMODEL");
    }
}
