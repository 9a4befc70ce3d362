package dev.kith.engine.payload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.engine.codec.ValueCodec;
import dev.kith.testkit.Seeded;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowTestTest {
    private static final FieldPath FIELD = FieldPath.of("f");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void test_ofEncodedPayloads_saysWhatTheMeaningIs(long seed) {
        Payloads payloads = new Payloads(new Seeded(seed).random());
        List<Value.Fields> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(payloads.payload());
        }
        int accepted = 0;
        for (int i = 0; i < 500; i++) {
            Filter filter = payloads.filter();
            RowTest test = RowTest.of(filter);
            for (Value.Fields payload : all) {
                boolean right = PayloadTest.accepts(filter, payload);
                assertThat(test.accepts(ValueCodec.encode(payload)))
                        .as("seed %d: %s of %s", seed, filter, payload)
                        .isEqualTo(right);
                accepted += right ? 1 : 0;
            }
        }
        assertThat(accepted).as("of 100,000").isBetween(10_000, 90_000);
    }

    @Test
    void test_ofAPayloadThatIsNotThere_saysWhatItSaysOfAnEmptyOne() {
        assertThat(RowTest.of(new Filter.Exists(FIELD)).acceptsStored(null)).isFalse();
        assertThat(RowTest.of(new Filter.Not(new Filter.Exists(FIELD))).acceptsStored(null))
                .isTrue();
    }

    @Test
    void interval_betweenIntegersAndFloats_comparesExactly() {
        long large = (1L << 53) + 1;
        assertThat(above(new Value.Real(0x1p53), new Value.Int(large))).isTrue();
        assertThat(above(new Value.Int(large), new Value.Real(0x1p53))).isFalse();
        assertThat(above(new Value.Real(0x1p63), new Value.Int(Long.MAX_VALUE))).isFalse();
        assertThat(above(new Value.Int(Long.MAX_VALUE), new Value.Real(0x1p63))).isTrue();
        assertThat(above(new Value.Real(-0.5), new Value.Int(0))).isTrue();
        assertThat(above(new Value.Int(0), new Value.Real(-0.5))).isFalse();
        assertThat(above(new Value.Real(-0.0), new Value.Real(0.0))).isFalse();
        assertThat(above(new Value.Int(0), new Value.Real(Double.NaN))).isFalse();
    }

    private static boolean above(Value bound, Value value) {
        Filter filter = new Filter.Range(FIELD, Optional.of(new Filter.Bound(bound, false)), Optional.empty());
        return RowTest.of(filter).accepts(ValueCodec.encode(new Value.Fields(Map.of("f", value))));
    }
}
