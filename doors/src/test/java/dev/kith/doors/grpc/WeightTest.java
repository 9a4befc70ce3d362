package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kith.testkit.Seeded;
import dev.kith.wire.ahnlich.db.pipeline.DBQuery;
import dev.kith.wire.ahnlich.db.pipeline.DBRequestPipeline;
import dev.kith.wire.ahnlich.db.query.DropNonLinearAlgorithmIndex;
import dev.kith.wire.ahnlich.db.query.Set;
import dev.kith.wire.ahnlich.keyval.DbStoreEntry;
import dev.kith.wire.ahnlich.keyval.StoreKey;
import dev.kith.wire.ahnlich.keyval.StoreValue;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightTest {
    private static final Weight PIPELINE = Weight.of(DBRequestPipeline.getDescriptor());
    private static final long OBJECT_BYTES = 64;
    /** Of the kinds of indexes to drop. */
    private static final int NUMBERS_FIELD = DropNonLinearAlgorithmIndex.NON_LINEAR_INDICES_FIELD_NUMBER;

    private static DBRequestPipeline of(Set set) {
        return DBRequestPipeline.newBuilder()
                .addQueries(DBQuery.newBuilder().setSet(set))
                .build();
    }

    @Test
    void weight_ofManyEmptyMessages_isThatOfTheirObjects() {
        byte[] nothing = {0x12, 0x00};
        int count = 1_000;
        Set.Builder set = Set.newBuilder();
        for (int i = 0; i < count; i++) {
            set.addInputs(DbStoreEntry.getDefaultInstance());
        }
        byte[] bytes = of(set.build()).toByteArray();
        assertThat(bytes.length).isLessThan(count * nothing.length + 20);
        assertThat(PIPELINE.of(bytes)).isEqualTo((count + 2) * OBJECT_BYTES);
    }

    @Test
    void weight_ofAnEntry_countsItsMessagesAndTexts() {
        DbStoreEntry entry = DbStoreEntry.newBuilder()
                .setKey(StoreKey.newBuilder().addKey(1).addKey(2))
                .setValue(StoreValue.newBuilder()
                        .putValue(
                                "name",
                                MetadataValue.newBuilder().setRawString("text").build()))
                .build();
        byte[] bytes =
                of(Set.newBuilder().setStore("s").addInputs(entry).build()).toByteArray();
        // Query, set, its name, entry, key, value, pair, its name, metadata, its text; floats are no objects.
        assertThat(PIPELINE.of(bytes)).isEqualTo(10 * OBJECT_BYTES);
    }

    @Test
    void weight_ofWhatIsNotKnown_isNothing() {
        byte[] unknown = new byte[3_000];
        for (int i = 0; i < unknown.length; i += 3) {
            unknown[i] = (byte) 0xfa;
            unknown[i + 1] = 0x3f;
        }
        assertThat(PIPELINE.of(unknown)).isZero();
    }

    /** Decoding skips groups of fields that nobody knows, up to its own bound; what follows them counts. */
    @Test
    void weight_ofWhatFollowsUnknownGroups_counts() {
        byte[] bytes = new byte[220 + 2 * 1_000];
        Arrays.fill(bytes, 0, 110, (byte) 0x7b);
        Arrays.fill(bytes, 110, 220, (byte) 0x7c);
        for (int i = 220; i < bytes.length; i += 2) {
            bytes[i] = 0x0a;
        }
        assertThat(PIPELINE.of(bytes)).isEqualTo(1_000L * OBJECT_BYTES);
    }

    @Test
    void weight_ofNumbersOfOneByte_countsEach() {
        Weight drop = Weight.of(DropNonLinearAlgorithmIndex.getDescriptor());
        byte[] packed = new byte[3 + 1_000];
        packed[0] = (byte) (NUMBERS_FIELD << 3 | 2);
        packed[1] = (byte) (1_000 & 0x7f | 0x80);
        packed[2] = (byte) (1_000 >> 7);
        assertThat(drop.of(packed)).isEqualTo(20_000L);
    }

    @Test
    void weight_ofMessagesInMessages_endsWhereDecodingDoes() {
        ByteString nested = ByteString.EMPTY;
        for (int level = 0; level < 2_000; level++) {
            int length = nested.size();
            byte[] head = {
                0x12, (byte) (length & 0x7f | 0x80), (byte) (length >> 7 & 0x7f | 0x80), (byte) (length >> 14)
            };
            nested = ByteString.copyFrom(head).concat(nested);
        }
        Weight condition = Weight.of(dev.kith.wire.ahnlich.predicates.AndCondition.getDescriptor());
        assertThat(condition.of(nested.toByteArray())).isLessThanOrEqualTo(Received.LEVELS_MAX * OBJECT_BYTES);
    }

    @Test
    void weight_ofAnyBytes_isBounded() {
        Seeded seeded = new Seeded(11);
        Random random = seeded.random();
        for (int round = 0; round < 3_000; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) == 0 ? 0x0a : random.nextInt(30));
            }
            assertThat(PIPELINE.of(bytes)).as(seeded.toString()).isBetween(0L, (bytes.length + 1) / 2 * OBJECT_BYTES);
        }
    }
}
