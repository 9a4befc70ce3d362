package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kith.testkit.Await;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.KeyPolicy;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.wire.ahnlich.ai.models.AIModel;
import dev.kith.wire.ahnlich.ai.pipeline.AIQuery;
import dev.kith.wire.ahnlich.ai.pipeline.AIRequestPipeline;
import dev.kith.wire.ahnlich.ai.preprocess.PreprocessAction;
import dev.kith.wire.ahnlich.ai.query.ConvertStoreInputToEmbeddings;
import dev.kith.wire.ahnlich.ai.query.CreateStore;
import dev.kith.wire.ahnlich.ai.query.DelKey;
import dev.kith.wire.ahnlich.ai.query.DropSchema;
import dev.kith.wire.ahnlich.ai.query.GetKey;
import dev.kith.wire.ahnlich.ai.query.GetPred;
import dev.kith.wire.ahnlich.ai.query.GetSimN;
import dev.kith.wire.ahnlich.ai.query.GetStore;
import dev.kith.wire.ahnlich.ai.query.ListStores;
import dev.kith.wire.ahnlich.ai.query.Ping;
import dev.kith.wire.ahnlich.ai.query.PurgeStores;
import dev.kith.wire.ahnlich.ai.query.Set;
import dev.kith.wire.ahnlich.ai.query.Upsert;
import dev.kith.wire.ahnlich.ai.server.AIStoreInfo;
import dev.kith.wire.ahnlich.ai.server.GetEntry;
import dev.kith.wire.ahnlich.algorithm.algorithms.Algorithm;
import dev.kith.wire.ahnlich.keyval.AiStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreInput;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.Equals;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import io.grpc.Status;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy over its wire, with its own database and with that of another server. */
class AhnlichAiTest {
    private static AiFixture own;
    private static AiFixture remote;

    @BeforeAll
    static void begin() {
        own = AiFixture.own();
        remote = AiFixture.before(own);
    }

    @AfterEach
    void leaveNothing() {
        Await.until("the rooms are empty", () -> own.room.used() == 0 && remote.room.used() == 0);
        own.dropAll();
        remote.dropAll();
    }

    @AfterAll
    static void end() {
        remote.close();
        own.close();
    }

    private static AiFixture proxy(String where) {
        return where.equals("own") ? own : remote;
    }

    private static StoreInput text(String text) {
        return StoreInput.newBuilder().setRawString(text).build();
    }

    private static StoreInput image(int... bytes) {
        byte[] image = new byte[bytes.length];
        for (int at = 0; at < bytes.length; at++) {
            image[at] = (byte) bytes[at];
        }
        return StoreInput.newBuilder().setImage(ByteString.copyFrom(image)).build();
    }

    private static CreateStore.Builder store(String name, AIModel model) {
        return CreateStore.newBuilder()
                .setStore(name)
                .setQueryModel(model)
                .setIndexModel(model)
                .setErrorIfExists(true)
                .setStoreOriginal(true);
    }

    private static Set.Builder set(String store, StoreInput... inputs) {
        Set.Builder set = Set.newBuilder().setStore(store).setPreprocessAction(PreprocessAction.ModelPreprocessing);
        for (StoreInput input : inputs) {
            set.addInputs(AiStoreEntry.newBuilder()
                    .setKey(input)
                    .setValue(StoreValue.newBuilder().putValue("brand", value("b" + set.getInputsCount()))));
        }
        return set;
    }

    private static MetadataValue value(String text) {
        return MetadataValue.newBuilder().setRawString(text).build();
    }

    private static PredicateCondition brand(String brand) {
        return PredicateCondition.newBuilder()
                .setValue(Predicate.newBuilder()
                        .setEquals(Equals.newBuilder().setKey("brand").setValue(value(brand))))
                .build();
    }

    private static List<GetEntry> all(AiFixture proxy, String store, StoreInput... keys) {
        return proxy.ai()
                .getKey(GetKey.newBuilder()
                        .setStore(store)
                        .addAllKeys(List.of(keys))
                        .build())
                .getEntriesList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void store_ofTexts_isMadeFilledSearchedAndDropped(String where) {
        AiFixture proxy = proxy(where);
        var _ = proxy.ai()
                .createStore(store("s", AIModel.ALL_MINI_LM_L6_V2)
                        .addPredicates("brand")
                        .build());
        assertThat(proxy.ai()
                        .set(set("s", text("abc"), text("xyz")).build())
                        .getUpsert()
                        .getInserted())
                .isEqualTo(2);
        assertThat(proxy.ai().set(set("s", text("abc")).build()).getUpsert().getUpdated())
                .isEqualTo(1);
        var found = proxy.ai()
                .getSimN(GetSimN.newBuilder()
                        .setStore("s")
                        .setSearchInput(text("abd"))
                        .setClosestN(1)
                        .setAlgorithm(Algorithm.EuclideanDistance)
                        .build());
        assertThat(found.getEntries(0).getKey()).isEqualTo(text("abc"));
        assertThat(found.getEntries(0).getValue().getValueMap()).isEqualTo(Map.of("brand", value("b0")));
        assertThat(found.getEntries(0).getSimilarity().getValue()).isEqualTo(1);
        AIStoreInfo info =
                proxy.ai().getStore(GetStore.newBuilder().setStore("s").build());
        assertThat(info.getPredicateIndicesList()).containsExactly("brand");
        assertThat(info.getDbInfo().getLen()).isEqualTo(2);
        assertThat(proxy.ai().listStores(ListStores.getDefaultInstance()).getStoresList())
                .containsExactly(info);
        assertThat(proxy.ai()
                        .delKey(DelKey.newBuilder()
                                .setStore("s")
                                .addKeys(text("abc"))
                                .build())
                        .getDeletedCount())
                .isEqualTo(1);
        assertThat(all(proxy, "s", text("abc"), text("xyz"))).hasSize(1);
        assertThat(proxy.ai().purgeStores(PurgeStores.getDefaultInstance()).getDeletedCount())
                .isEqualTo(1);
        assertThat(own.engine.list("default")).isEmpty();
        assertThat(remote.engine.list("default")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void faces_areManyOfOneInput_andGiveWayToThoseOfALaterSet(String where) {
        AiFixture proxy = proxy(where);
        var _ = proxy.ai().createStore(store("f", AIModel.BUFFALO_L).build());
        StoreInput photo = image(5, 60, 70);
        assertThat(proxy.ai().set(set("f", photo, image()).build()).getUpsert().getInserted())
                .isEqualTo(3);
        assertThat(all(proxy, "f", photo))
                .extracting(entry -> entry.getValue().getValueMap().get(AiInputs.NUMBER))
                .containsExactly(value("0"), value("1"), value("2"));
        var sure = set("f", photo).putModelParams("confidence_threshold", "50").build();
        assertThat(proxy.ai().set(sure).getUpsert().getUpdated()).isEqualTo(2);
        assertThat(all(proxy, "f", photo))
                .extracting(entry -> entry.getValue().getValueMap().get("confidence"))
                .containsExactly(value("60"), value("70"));
        var search = GetSimN.newBuilder()
                .setStore("f")
                .setSearchInput(photo)
                .setClosestN(1)
                .setPreprocessAction(PreprocessAction.ModelPreprocessing)
                .build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().getSimN(search)).getDescription())
                .isEqualTo("Query input produced 3 embeddings — query input must produce exactly 1 embedding");
        var none = search.toBuilder().setSearchInput(image()).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().getSimN(none)).getCode())
                .isEqualTo(Status.Code.OUT_OF_RANGE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CLAP_TEXT|CLAP_TEXT|INTERNAL|index_model or query_model not selected or loaded during aiproxy startup",
                "CLIP_VIT_B32_TEXT|ALL_MINI_LM_L6_V2|FAILED_PRECONDITION"
                        + "|Model clip-vit-b32-text is not installed; run: kith models pull clip-vit-b32-text",
                "ALL_MINI_LM_L6_V2|BGE_BASE_EN_V15|INVALID_ARGUMENT"
                        + "|Dimensions Mismatch between index [4], and Query [8] Models."
            })
    void create_withModelsThatCannotBe_makesNothing(AIModel index, AIModel query, Status.Code code, String message) {
        for (AiFixture proxy : List.of(own, remote)) {
            CreateStore creation = store("s", index).setQueryModel(query).build();
            Status refused = AhnlichBoundsTest.refusal(() -> proxy.ai().createStore(creation));
            assertThat(refused.getCode()).isEqualTo(code);
            assertThat(refused.getDescription()).isEqualTo(message);
        }
        assertThat(own.engine.list("default")).isEmpty();
        assertThat(remote.engine.list("default")).isEmpty();
    }

    @Test
    void set_withAnInputThatCannotBeTaken_namesItAndStoresNothing() {
        var _ = own.ai().createStore(store("t", AIModel.ALL_MINI_LM_L6_V2).build());
        var _ = own.ai().createStore(store("i", AIModel.RESNET50).build());
        var _ = own.ai().createStore(store("a", AIModel.CLAP_AUDIO).build());
        StoreInput sound = StoreInput.newBuilder()
                .setAudio(ByteString.copyFromUtf8("far too long"))
                .build();
        Set unprepared = set("t", text("a"), text("abcdefgh"))
                .setPreprocessAction(PreprocessAction.NoPreprocessing)
                .build();
        Set reserved = set("t", text("a"))
                .addInputs(AiStoreEntry.newBuilder()
                        .setKey(text("b"))
                        .setValue(StoreValue.newBuilder().putValue(AiInputs.ORIGINAL, value("x"))))
                .build();
        Map<Set, String> refusals = Map.of(
                set("t", text("a"), image(1)).build(),
                "INVALID_ARGUMENT Cannot index Input. Store expects [RawString], input type [Image] was provided",
                unprepared,
                "OUT_OF_RANGE Max Token Exceeded. Model Expects [6], input type was [8]. (input 1)",
                reserved,
                "INVALID_ARGUMENT Reserved key _ahnlich_input_key used",
                set("i", image(1), image('!')).build(),
                "INVALID_ARGUMENT Bytes could not be successfully decoded into an image. (input 1)",
                set("i", image(1, 2, 3, 4, 5, 6, 7))
                        .setPreprocessAction(PreprocessAction.NoPreprocessing)
                        .build(),
                "INVALID_ARGUMENT Image Dimensions [(547, 821)] does not match the expected model dimensions"
                        + " [(224, 224)] (input 0)",
                set("a", sound).build(),
                "INVALID_ARGUMENT Audio input is too long (12ms), the model takes up to 6ms (input 0)",
                set("t", StoreInput.getDefaultInstance()).build(),
                "INVALID_ARGUMENT Store Input Value input not specified",
                set("none", text("a")).build(),
                "NOT_FOUND Store StoreName { value: \"none\" } not found");
        refusals.forEach((request, expected) -> {
            Status refused = AhnlichBoundsTest.refusal(() -> own.ai().set(request));
            assertThat(refused.getCode() + " " + refused.getDescription()).isEqualTo(expected);
        });
        assertThat(own.engine.list("default")).allMatch(info -> info.points() == 0);
    }

    @Test
    void set_ofManyEqualInputs_embedsOneOfThem_andOfTooManyNone() {
        var _ = own.ai().createStore(store("m", AIModel.ALL_MINI_LM_L6_V2).build());
        var empty = AiStoreEntry.newBuilder().setKey(text("")).build();
        long before = own.models.embedded.sum();
        Set many = Set.newBuilder()
                .setStore("m")
                .addAllInputs(Collections.nCopies(100_000, empty))
                .addInputs(AiStoreEntry.newBuilder().setKey(text("b")))
                .build();
        assertThat(AhnlichBoundsTest.refusal(() -> own.ai().set(many)).getDescription())
                .isEqualTo("100001 inputs are more than one call takes; send at most 100000 at once");
        assertThat(own.models.embedded.sum()).isEqualTo(before);
        Set fits = many.toBuilder().removeInputs(0).build();
        assertThat(own.ai().set(fits).getUpsert().getInserted()).isEqualTo(2);
        assertThat(own.models.embedded.sum()).isEqualTo(before + 2);
        assertThat(all(own, "m", text(""), text("b"))).hasSize(2);
    }

    @Test
    void set_ofAnEntryThatIsTooLarge_isRefusedBeforeItIsEmbedded() {
        var _ = own.ai().createStore(store("l", AIModel.RESNET50).build());
        var _ = own.ai()
                .createStore(
                        store("w", AIModel.RESNET50).setStoreOriginal(false).build());
        long before = own.models.embedded.sum();
        StoreInput large = StoreInput.newBuilder()
                .setImage(ByteString.copyFrom(new byte[Limits.PAYLOAD_BYTES_MAX - 1]))
                .build();
        String refusal = "The value of an entry has at most 4194304 bytes, the original among them; this has 4194305"
                + " (input 1)";
        Set set = set("l", image(1), large).build();
        assertThat(AhnlichBoundsTest.refusal(() -> own.ai().set(set)).getDescription())
                .isEqualTo(refusal);
        Upsert upsert = Upsert.newBuilder()
                .setStore("l")
                .setCondition(brand("b0"))
                .setNewInput(large)
                .setNewValue(StoreValue.newBuilder().putValue("brand", value("b1")))
                .build();
        assertThat(AhnlichBoundsTest.refusal(() -> own.ai().upsert(upsert)).getDescription())
                .isEqualTo(refusal.replace("input 1", "input 0"));
        assertThat(own.models.embedded.sum()).isEqualTo(before);
        assertThat(own.ai()
                        .set(set.toBuilder().setStore("w").build())
                        .getUpsert()
                        .getInserted())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void upsert_changesTheOneEntry_andKeepsWhatItDoesNotName(String where) {
        AiFixture proxy = proxy(where);
        var _ = proxy.ai().createStore(store("u", AIModel.ALL_MINI_LM_L6_V2).build());
        var _ = proxy.ai().set(set("u", text("abc"), text("xyz")).build());
        Upsert input = Upsert.newBuilder()
                .setStore("u")
                .setCondition(brand("b0"))
                .setNewInput(text("new"))
                .build();
        assertThat(proxy.ai().upsert(input).getUpsert().getUpdated()).isEqualTo(1);
        assertThat(all(proxy, "u", text("abc"))).isEmpty();
        assertThat(all(proxy, "u", text("new")))
                .extracting(entry -> entry.getValue().getValueMap())
                .containsExactly(Map.of("brand", value("b0")));
        Upsert taken = input.toBuilder().setNewInput(text("xyz")).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().upsert(taken)).getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        Upsert wrong = input.toBuilder().setNewInput(image(1)).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().upsert(wrong)).getDescription())
                .startsWith("Cannot index Input.");
        Upsert reserved = input.toBuilder()
                .setNewValue(StoreValue.newBuilder().putValue(AiInputs.ORIGINAL, value("x")))
                .build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().upsert(reserved)).getDescription())
                .isEqualTo("Reserved key _ahnlich_input_key used");
        assertThat(all(proxy, "u", text("new"), text("xyz"))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void store_thatTheDatabaseHasAlready_isTakenOverWhereItFits(String where) {
        AiFixture proxy = proxy(where);
        for (int dimension : List.of(ToyModels.DIMENSION, 3)) {
            var _ = own.db()
                    .createStore(dev.kith.wire.ahnlich.db.query.CreateStore.newBuilder()
                            .setStore("d" + dimension)
                            .setDimension(dimension)
                            .build());
        }
        CreateStore flagged = store("d4", AIModel.ALL_MINI_LM_L6_V2).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().createStore(flagged))
                        .getCode())
                .isEqualTo(Status.Code.ALREADY_EXISTS);
        var _ = proxy.ai()
                .createStore(flagged.toBuilder().setErrorIfExists(false).build());
        assertThat(proxy.ai().set(set("d4", text("a")).build()).getUpsert().getInserted())
                .isEqualTo(1);
        CreateStore other =
                flagged.toBuilder().setStore("d3").setErrorIfExists(false).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().createStore(other))
                        .getDescription())
                .isEqualTo("Store dimension is [3], input dimension of [4] was specified");
        assertThat(proxy.ai().listStores(ListStores.getDefaultInstance()).getStoresList())
                .extracting(AIStoreInfo::getName)
                .containsExactly("d4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void pipeline_saysRefusalsInPlace_andGoesOn(String where) {
        AiFixture proxy = proxy(where);
        AIRequestPipeline pipeline = AIRequestPipeline.newBuilder()
                .addQueries(AIQuery.newBuilder().setCreateStore(store("p", AIModel.ALL_MINI_LM_L6_V2)))
                .addQueries(AIQuery.newBuilder()
                        .setSet(set("p", text("abcdefgh")).setPreprocessAction(PreprocessAction.NoPreprocessing)))
                .addQueries(AIQuery.newBuilder()
                        .setGetPred(GetPred.newBuilder().setStore("none").setCondition(brand("x"))))
                .addQueries(AIQuery.newBuilder()
                        .setDropSchema(DropSchema.newBuilder().setSchema("public")))
                .addQueries(AIQuery.newBuilder().setPing(Ping.getDefaultInstance()))
                .build();
        var replies = proxy.ai().pipeline(pipeline).getResponsesList();
        assertThat(replies.get(0).hasUnit()).isTrue();
        assertThat(replies.get(1).getError().getCode()).isEqualTo(Status.Code.OUT_OF_RANGE.value());
        assertThat(replies.get(2).getError().getMessage()).isEqualTo("Store StoreName { value: \"none\" } not found");
        assertThat(replies.get(3).getError().getMessage()).contains("public");
        assertThat(replies.get(4).hasPong()).isTrue();
        var empty =
                pipeline.toBuilder().addQueries(AIQuery.getDefaultInstance()).build();
        assertThat(AhnlichBoundsTest.refusal(() -> proxy.ai().pipeline(empty)).getDescription())
                .isEqualTo("query is required");
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "remote"})
    void schemaThatTheDatabaseDoesNotDrop_keepsItsStores(String where) {
        AiFixture proxy = proxy(where);
        var other = new CollectionName("default", "mixed", "m");
        var _ = own.engine.create(
                other, CollectionSpec.of(ElementType.FLOAT32, 2, KeyPolicy.NONE, IndexSpec.flat(Metric.L2)));
        var _ = proxy.ai()
                .createStore(
                        store("s", AIModel.ALL_MINI_LM_L6_V2).setSchema("mixed").build());
        DropSchema drop = DropSchema.newBuilder().setSchema("mixed").build();
        ListStores list = ListStores.newBuilder().setSchema("mixed").build();
        Status refused = AhnlichBoundsTest.refusal(() -> proxy.ai().dropSchema(drop));
        assertThat(refused.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(proxy.ai().listStores(list).getStoresList())
                .singleElement()
                .satisfies(store -> assertThat(store.hasDbInfo()).isTrue());
        own.engine.drop(other);
        assertThat(proxy.ai().dropSchema(drop).getDeletedCount()).isEqualTo(1);
        assertThat(proxy.ai().listStores(list).getStoresList()).isEmpty();
    }

    @Test
    void proxyWithoutADatabase_convertsAndRefusesTheRest() {
        try (AiFixture alone = AiFixture.withoutDatabase(own)) {
            var conversion = ConvertStoreInputToEmbeddings.newBuilder()
                    .setModel(AIModel.BUFFALO_L)
                    .setPreprocessAction(PreprocessAction.ModelPreprocessing)
                    .addStoreInputs(image(9))
                    .addStoreInputs(image())
                    .build();
            var values = alone.ai().convertStoreInputToEmbeddings(conversion).getValuesList();
            assertThat(values.get(0)
                            .getMultiple()
                            .getEmbeddings(0)
                            .getEmbedding()
                            .getKeyList())
                    .containsExactly(9f, 0f, 1f, 1f);
            assertThat(values.get(1).hasMultiple()).isTrue();
            CreateStore creation = store("s", AIModel.ALL_MINI_LM_L6_V2).build();
            Status refused = AhnlichBoundsTest.refusal(() -> alone.ai().createStore(creation));
            assertThat(refused.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(refused.getDescription()).isEqualTo("No DB client available");
            assertThat(alone.ai().listStores(ListStores.getDefaultInstance()).getStoresList())
                    .isEmpty();
        }
    }
}
