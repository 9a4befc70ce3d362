package dev.kith.shell.remote;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;

/**
 * What means the same to both servers is said in messages of the same names with fields of the same names, but of
 * different classes. So it is written once, for a DB, and carried over by name.
 */
final class SameNames {
    private SameNames() {}

    /** Sets every field that {@code from} has set; each must be there. */
    static <B extends Message.Builder> B carry(Message from, B to) {
        from.getAllFields().forEach((field, value) -> {
            FieldDescriptor same = to.getDescriptorForType().findFieldByName(field.getName());
            boolean shared = field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                    || field.getMessageType().equals(same.getMessageType());
            to.setField(
                    same,
                    shared
                            ? value
                            : carry((Message) value, to.newBuilderForField(same))
                                    .build());
        });
        return to;
    }
}
