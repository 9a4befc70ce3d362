package dev.kith.doors.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GrpcLimitsTest {
    private static final long MEGABYTE = 1 << 20;

    @Test
    void forHeap_ofASmallOne_hasFewerCallsAConnection() {
        GrpcLimits usual = GrpcLimits.of(GrpcLimits.MESSAGE_BYTES, GrpcLimits.CONNECTIONS);
        assertThat(usual.forHeap(256 * MEGABYTE).callsPerConnection()).isEqualTo(32);
        assertThat(usual.forHeap(4_096 * MEGABYTE)).isEqualTo(usual);
        assertThat(usual.forHeap(1).callsPerConnection()).isEqualTo(4);
        assertThat(GrpcLimits.of(1, 1).forHeap(256 * MEGABYTE).callsPerConnection())
                .isEqualTo(GrpcLimits.CALLS_PER_CONNECTION);
    }
}
