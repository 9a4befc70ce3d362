package dev.kith.shell.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.shell.language.Agent;
import dev.kith.shell.language.Parser;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import dev.kith.wire.ahnlich.ai.pipeline.AIQuery;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import dev.kith.wire.ahnlich.ai.pipeline.AIResponsePipeline;
import dev.kith.wire.ahnlich.ai.pipeline.AIServerResponse;
import dev.kith.wire.ahnlich.ai.query.InfoServer;
import dev.kith.wire.ahnlich.ai.server.AIStoreInfo;
import dev.kith.wire.ahnlich.ai.server.Del;
import dev.kith.wire.ahnlich.ai.server.GetSimN;
import dev.kith.wire.ahnlich.ai.server.GetSimNEntry;
import dev.kith.wire.ahnlich.ai.server.StoreList;
import dev.kith.wire.ahnlich.ai_service.AIServiceGrpc;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.server_types.ServerType;
import dev.kith.wire.ahnlich.shared.info.ErrorResponse;
import dev.kith.wire.ahnlich.shared.info.ServerInfo;
import dev.kith.wire.ahnlich.similarity.Similarity;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AiSessionTest {
    private Server server;
    private Endpoint endpoint;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Proxy())
                .build()
                .start();
        endpoint = new Endpoint("127.0.0.1", server.getPort(), false, Optional.empty(), Optional.empty());
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    @Test
    void run_statements_areAnsweredInTheirOrder() {
        try (Session session = Session.open(endpoint, Agent.AI)) {
            List<Reply> replies = session.run(
                    Parser.parse("PURGESTORES; LISTSTORES; GETSIMN 1 WITH [x] USING hnsw IN s; GETSTORE s", Agent.AI));
            assertThat(replies.get(0)).isEqualTo(new Reply.One("Del", Map.of("deleted_count", new Cell.Count(3))));
            assertThat(((Reply.Many) replies.get(1)).rows().getFirst())
                    .containsEntry("name", new Cell.Text("s"))
                    .containsEntry("query_model", new Cell.Text("CLAP_TEXT"))
                    .containsEntry("schema", new Cell.Nothing());
            assertThat(((Reply.Many) replies.get(2)).rows())
                    .containsExactly(Map.of(
                            "key", new Cell.Text("x"),
                            "value", new Cell.Fields(Map.of()),
                            "similarity", new Cell.Real(0.5f)));
            assertThat(replies.get(3)).isEqualTo(new Reply.Refusal(5, "none"));
        }
    }

    @Test
    void open_asADb_isRefused() {
        assertThatThrownBy(() -> Session.open(endpoint, Agent.DB))
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("is not a valid DB server");
    }

    /** Answers what it is asked with one thing of each kind. */
    private static final class Proxy extends AIServiceGrpc.AIServiceImplBase {
        @Override
        public void infoServer(InfoServer request, StreamObserver<dev.kith.wire.ahnlich.ai.server.InfoServer> answer) {
            ServerInfo info = ServerInfo.newBuilder().setType(ServerType.AI).build();
            answer.onNext(dev.kith.wire.ahnlich.ai.server.InfoServer.newBuilder()
                    .setInfo(info)
                    .build());
            answer.onCompleted();
        }

        @Override
        public void pipeline(AIRequestPipeline request, StreamObserver<AIResponsePipeline> answer) {
            AIResponsePipeline.Builder replies = AIResponsePipeline.newBuilder();
            request.getQueriesList().forEach(query -> replies.addResponses(reply(query)));
            answer.onNext(replies.build());
            answer.onCompleted();
        }

        private static AIServerResponse reply(AIQuery query) {
            AIServerResponse.Builder reply = AIServerResponse.newBuilder();
            switch (query.getQueryCase()) {
                case PURGE_STORES -> reply.setDel(Del.newBuilder().setDeletedCount(3));
                case LIST_STORES ->
                    reply.setStoreList(StoreList.newBuilder()
                            .addStores(AIStoreInfo.newBuilder().setName("s").setQueryModel(AIModel.CLAP_TEXT)));
                case GET_SIM_N ->
                    reply.setGetSimN(GetSimN.newBuilder()
                            .addEntries(GetSimNEntry.newBuilder()
                                    .setKey(StoreInput.newBuilder().setRawString("x"))
                                    .setSimilarity(Similarity.newBuilder().setValue(0.5f))));
                default -> reply.setError(ErrorResponse.newBuilder().setCode(5).setMessage("none"));
            }
            return reply.build();
        }
    }
}
