package dev.kith.doors.faissx;

import java.nio.ByteBuffer;

/** A reply in the making: a map whose fields are written as they become known. Belongs to one thread. */
final class Reply {
    private final MsgpackWriter out;
    private final int start;
    private int pairs;

    Reply(Allowance allowance) {
        this.out = new MsgpackWriter(allowance);
        this.start = out.beginMap();
    }

    /** Asks now for the memory of so many bytes more, and of {@code besides} for what they are made from. */
    void expect(long bytes, long besides) {
        out.expect(bytes, besides);
    }

    /** Begins a field; exactly one value must be written next. */
    MsgpackWriter field(String name) {
        pairs++;
        return out.text(name);
    }

    Reply text(String name, String value) {
        field(name).text(value);
        return this;
    }

    Reply integer(String name, long value) {
        field(name).integer(value);
        return this;
    }

    Reply real(String name, double value) {
        field(name).real(value);
        return this;
    }

    Reply flag(String name, boolean value) {
        field(name).bool(value);
        return this;
    }

    Reply nil(String name) {
        field(name).nil();
        return this;
    }

    ByteBuffer finish() {
        out.endMap(start, pairs);
        return out.finish();
    }
}
