package dev.kith.doors.faissx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.vectors.Rejection;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexTypesTest {
    private static final int DIMENSION = 64;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "L2 | FLAT | L2 | '' | {}",
                "Flat | FLAT | L2 | '' | {}",
                "FLAT | FLAT | L2 | '' | {}",
                "IndexFlatL2 | FLAT | L2 | '' | {}",
                "IP | FLAT | INNER_PRODUCT | '' | {}",
                "IndexFlatIP | FLAT | INNER_PRODUCT | '' | {}",
                "HNSW | HNSW | L2 | '' | {ef_construction=40, ef_search=16, m=32}",
                "HNSW16 | HNSW | L2 | '' | {ef_construction=40, ef_search=16, m=16}",
                "HNSW16_IP | HNSW | INNER_PRODUCT | '' | {ef_construction=40, ef_search=16, m=16}",
                "HNSW_IP | HNSW | INNER_PRODUCT | '' | {ef_construction=40, ef_search=16, m=32}",
                "IVF | IVF_FLAT | L2 | '' | {nlist=100, nprobe=1}",
                "IVF_IP | IVF_FLAT | INNER_PRODUCT | '' | {nlist=100, nprobe=1}",
                "IVF16 | IVF_FLAT | L2 | '' | {nlist=16, nprobe=1}",
                "IVF16_IP | IVF_FLAT | INNER_PRODUCT | '' | {nlist=16, nprobe=1}",
                "IVF16,Flat | IVF_FLAT | L2 | '' | {nlist=16, nprobe=1}",
                "PQ | PQ | L2 | '' | {pq_bits=8, pq_m=8}",
                "PQ4x2 | PQ | L2 | '' | {pq_bits=2, pq_m=4}",
                "PQ4 | PQ | L2 | '' | {pq_bits=8, pq_m=4}",
                "PQ_IP | PQ | INNER_PRODUCT | '' | {pq_bits=8, pq_m=8}",
                "PQ4x6_IP | PQ | INNER_PRODUCT | '' | {pq_bits=6, pq_m=4}",
                "IVF4,PQ8x4 | IVF_PQ | L2 | '' | {nlist=4, nprobe=1, pq_bits=4, pq_m=8}",
                "IVF4,PQ8 | IVF_PQ | L2 | '' | {nlist=4, nprobe=1, pq_bits=8, pq_m=8}",
                "IVF4_SQ0 | IVF_SQ | L2 | '' | {nlist=4, nprobe=1, sq_type=0}",
                "IVF4_SQ8 | IVF_SQ | L2 | '' | {nlist=4, nprobe=1, sq_type=8}",
                "IVF4_SQ16_IP | IVF_SQ | INNER_PRODUCT | '' | {nlist=4, nprobe=1, sq_type=16}",
                "SQ8 | SQ | L2 | '' | {sq_type=8}",
                "SQ4_IP | SQ | INNER_PRODUCT | '' | {sq_type=4}",
                "SQ16 | SQ | L2 | '' | {sq_type=16}",
                "BINARY | BINARY_FLAT | HAMMING | '' | {}",
                "BINARY_FLAT | BINARY_FLAT | HAMMING | '' | {}",
                "BINARY_IVF | BINARY_IVF | HAMMING | '' | {nlist=100, nprobe=1}",
                "BINARY_IVF8 | BINARY_IVF | HAMMING | '' | {nlist=8, nprobe=1}",
                "BINARY_HASH | BINARY_HASH | HAMMING | '' | {hash_bits=8}",
                "BINARY_HASH4 | BINARY_HASH | HAMMING | '' | {hash_bits=4}",
                "PCA4,L2 | FLAT | L2 | PCA4 | {}",
                "NORM,L2 | FLAT | L2 | NORM | {}",
                "OPQ4_8,L2 | FLAT | L2 | OPQ4_8 | {}",
                "OPQ4_8+L2 | FLAT | L2 | OPQ4_8 | {}",
                "PCA32,NORM,IVF4,PQ8 | IVF_PQ | L2 | PCA32,NORM | {nlist=4, nprobe=1, pq_bits=8, pq_m=8}"
            })
    void typeString_ofTheWire_isUnderstood(
            String text, String kind, String metric, String transform, String parameters) {
        IndexType type = IndexTypes.parse(text, DIMENSION);
        assertThat(type.idMap()).isZero();
        assertThat(type.spec().kind()).hasToString(kind);
        assertThat(type.spec().metric()).hasToString(metric);
        assertThat(type.spec().transform()).isEqualTo(transform);
        assertThat(type.spec().parameters()).hasToString(parameters);
    }

    @ParameterizedTest
    @CsvSource({
        "IDMap:some/id, 1, some/id",
        "IDMap2:L2, 2, L2",
        "IDMap:, 1, ''",
        "'IDMap,IVF4,Flat', 1, 'IVF4,Flat'",
        "'IDMap2,Flat', 2, Flat",
        "IDMap2:IDMap:x, 2, IDMap:x"
    })
    void idMap_withEitherSeparator_isTakenApart(String text, int kind, String base) {
        IndexType type = IndexTypes.parse(text, DIMENSION);
        assertThat(type.idMap()).isEqualTo(kind);
        assertThat(type.base()).isEqualTo(base);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "l2, 0",
        "LSH, 0",
        "IDMap, 0",
        "IDMap2, 0",
        "BinaryFlat, 0",
        "BIN_FLAT, 0",
        "BINARY_LSH, 7",
        "HNSW16x, 6",
        "HNSW16_L2, 6",
        "'HNSW16,PQ4', 6",
        "'IVF16,SQ8', 5",
        "IVF16_PQ4, 5",
        "'IVF16,PQ', 8",
        "PQ8x, 4",
        "PQ8y4, 3",
        "SQ, 2",
        "SQx, 2",
        "L2_IP, 0",
        "Flat2, 0",
        "' L2', 0",
        "'L2 ', 0",
        "PCA, 3",
        "PCA4, 4",
        "'PCA4,', 5",
        "'PCA4,BINARY', 5",
        "'NORM L2', 4",
        "'IVF16,Flat,Flat', 10",
        "IDMap3:x, 0",
        "HNSW-5, 4",
        "OPQ_4, 3"
    })
    void typeString_thatIsNonsense_isRefusedWithThePosition(String text, int position) {
        assertThatThrownBy(() -> IndexTypes.parse(text, DIMENSION))
                .isInstanceOf(Rejection.class)
                .hasMessageStartingWith("Unsupported index type: " + text)
                .hasMessageContaining("position %d".formatted(position));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HNSW0",
                "HNSW99999999999999999999",
                "IVF0",
                "IVF1000001",
                "PQ0",
                "PQ65",
                "PQ3",
                "PQ8x17",
                "PQ8x0",
                "SQ17",
                "BINARY_IVF0",
                "BINARY_HASH65",
                "PCA65,L2",
                "PCA0,L2",
                "OPQ5_8,L2",
                "OPQ4_65,L2",
                "IVF4,PQ5"
            })
    void number_outOfItsRange_isRefused(String text) {
        assertThatThrownBy(() -> IndexTypes.parse(text, DIMENSION))
                .isInstanceOf(Rejection.class)
                .hasMessageStartingWith("Unsupported index type: " + text);
    }
}
