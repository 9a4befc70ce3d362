package dev.kith.doors.ahnlich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Value;
import dev.kith.wire.ahnlich.metadata.MetadataValue;
import dev.kith.wire.ahnlich.predicates.AndCondition;
import dev.kith.wire.ahnlich.predicates.Equals;
import dev.kith.wire.ahnlich.predicates.In;
import dev.kith.wire.ahnlich.predicates.NotEquals;
import dev.kith.wire.ahnlich.predicates.NotIn;
import dev.kith.wire.ahnlich.predicates.OrCondition;
import dev.kith.wire.ahnlich.predicates.Predicate;
import dev.kith.wire.ahnlich.predicates.PredicateCondition;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionsTest {
    private static final FieldPath FIELD = FieldPath.of("a.b");
    private static final Filter ONE = new Filter.Equals(FIELD, new Value.Text("1"));

    private static MetadataValue text(String text) {
        return MetadataValue.newBuilder().setRawString(text).build();
    }

    private static PredicateCondition of(Predicate.Builder predicate) {
        return PredicateCondition.newBuilder().setValue(predicate).build();
    }

    private static PredicateCondition one() {
        return of(Predicate.newBuilder()
                .setEquals(Equals.newBuilder().setKey("a.b").setValue(text("1"))));
    }

    private static PredicateCondition and(PredicateCondition left, PredicateCondition right) {
        return PredicateCondition.newBuilder()
                .setAnd(AndCondition.newBuilder().setLeft(left).setRight(right))
                .build();
    }

    private static PredicateCondition or(PredicateCondition left, PredicateCondition right) {
        return PredicateCondition.newBuilder()
                .setOr(OrCondition.newBuilder().setLeft(left).setRight(right))
                .build();
    }

    @Test
    void predicate_meansWhatTheScanMeans() {
        assertThat(Conditions.filter(one())).isEqualTo(ONE);
        assertThat(Conditions.filter(of(Predicate.newBuilder()
                        .setNotEquals(NotEquals.newBuilder().setKey("a.b").setValue(text("1"))))))
                .isEqualTo(new Filter.Not(ONE));
        Filter in = new Filter.In(FIELD, List.of(new Value.Text("1"), Value.NULL));
        assertThat(Conditions.filter(of(Predicate.newBuilder()
                        .setIn(In.newBuilder()
                                .setKey("a.b")
                                .addValues(text("1"))
                                .addValues(MetadataValue.getDefaultInstance())))))
                .isEqualTo(in);
        assertThat(Conditions.filter(of(Predicate.newBuilder()
                        .setNotIn(NotIn.newBuilder()
                                .setKey("a.b")
                                .addValues(text("1"))
                                .addValues(MetadataValue.getDefaultInstance())))))
                .isEqualTo(new Filter.Not(in));
    }

    @Test
    void chain_ofOneKind_isOneFilter() {
        PredicateCondition left = one();
        PredicateCondition right = one();
        for (int link = 1; link < 200; link++) {
            left = and(left, one());
            right = or(one(), right);
        }
        assertThat(Conditions.filter(left)).isEqualTo(new Filter.And(Collections.nCopies(200, ONE)));
        assertThat(Conditions.filter(right)).isEqualTo(new Filter.Or(Collections.nCopies(200, ONE)));
    }

    @Test
    void kinds_thatAlternate_countAsDepth() {
        PredicateCondition deep = one();
        for (int link = 1; link < Limits.DEPTH_MAX; link++) {
            deep = link % 2 == 0 ? and(deep, one()) : or(deep, one());
        }
        assertThat(Conditions.filter(deep)).isInstanceOf(Filter.class);
        PredicateCondition deeper = Limits.DEPTH_MAX % 2 == 0 ? and(deep, one()) : or(deep, one());
        assertThatThrownBy(() -> Conditions.filter(deeper))
                .isInstanceOf(Rejection.class)
                .hasMessageContaining("" + Limits.DEPTH_MAX);
    }

    @Test
    void condition_thatIsNotWhole_isRefused() {
        List<PredicateCondition> halves = List.of(
                PredicateCondition.getDefaultInstance(),
                of(Predicate.newBuilder()),
                of(Predicate.newBuilder().setEquals(Equals.newBuilder().setKey("a"))),
                PredicateCondition.newBuilder()
                        .setAnd(AndCondition.newBuilder().setLeft(one()))
                        .build(),
                PredicateCondition.newBuilder()
                        .setOr(OrCondition.newBuilder().setRight(one()))
                        .build(),
                and(one(), PredicateCondition.getDefaultInstance()));
        for (PredicateCondition half : halves) {
            assertThatThrownBy(() -> Conditions.filter(half))
                    .isInstanceOfSatisfying(
                            Rejection.class,
                            refused -> assertThat(refused.code()).isEqualTo(Rejection.Code.INVALID));
        }
    }
}
