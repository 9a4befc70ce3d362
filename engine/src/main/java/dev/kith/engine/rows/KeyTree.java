package dev.kith.engine.rows;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rows in the order of their keys: a B+ tree of row numbers. The keys themselves lie with the rows, and whoever asks
 * compares. It is copied where it changes, so that a picture of it costs nothing and stays what it was: nodes that came
 * since the last picture are changed in place, others are copied first, with the way to them.
 *
 * <pre>
 *   leaf    rows in the order of their keys
 *   inner   children; rows[i] has a key that is not after any below child i, and after all below child i − 1.
 *           What rows[0] is does not count. The row may have left the tree: its key stays where it is
 * </pre>
 *
 * <p>Threads: one writer; pictures on any. Cost: O(log n) comparisons of keys for a look-up, a page costs that and what
 * is in it; 4 to 12 bytes a key, on the heap.
 */
final class KeyTree {
    /** Of a leaf that was copied for one key: a kilobyte. */
    private static final int NODE_MAX = 256;
    /** A smaller node is put together with its neighbour, if that makes one with room left. */
    private static final int NODE_MIN = NODE_MAX / 4;

    private static final int MERGED_MAX = NODE_MAX * 3 / 4;
    private static final int CAPACITY_MIN = 4;

    private final IntFunction<byte[]> keyOf;
    private Node root;
    /** Goes up with every picture. */
    private long edit;

    /** The right half of a node that had no room; its least key is that of {@code rows[0]}. */
    private @Nullable Node split;

    private int older;

    /** @param keyOf the key of a row that is or was in the tree */
    KeyTree(IntFunction<byte[]> keyOf) {
        this.keyOf = keyOf;
        this.root = new Node(0, new int[0], null);
    }

    /** A part of the tree; everything but a node of the writer's own is immutable. */
    private static final class Node {
        private final long edit;
        private int count;
        private int[] rows;
        /** Null in a leaf. */
        private Node @Nullable [] children;

        Node(long edit, int[] rows, Node @Nullable [] children) {
            this.edit = edit;
            this.count = rows.length;
            this.rows = rows;
            this.children = children;
        }

        /** Its entries from one up to but without another. */
        Node part(long ofEdit, int from, int to) {
            return new Node(
                    ofEdit,
                    Arrays.copyOfRange(rows, from, to),
                    children == null ? null : Arrays.copyOfRange(children, from, to));
        }

        void insert(int at, int row, @Nullable Node child) {
            if (count == rows.length) {
                int capacity = Math.min(NODE_MAX, Math.max(CAPACITY_MIN, 2 * count));
                rows = Arrays.copyOf(rows, capacity);
                children = children == null ? null : Arrays.copyOf(children, capacity);
            }
            System.arraycopy(rows, at, rows, at + 1, count - at);
            rows[at] = row;
            if (children != null && child != null) {
                System.arraycopy(children, at, children, at + 1, count - at);
                children[at] = child;
            }
            count++;
        }

        void remove(int at) {
            count--;
            System.arraycopy(rows, at + 1, rows, at, count - at);
            if (children != null) {
                System.arraycopy(children, at + 1, children, at, count - at);
                children[count] = children[0]; // What is no child any more is not to stay on the heap.
            }
        }
    }

    /** The tree at one moment. Immutable, safe on any thread. */
    static final class Picture {
        private final Node root;
        private final IntFunction<byte[]> keyOf;

        private Picture(Node root, IntFunction<byte[]> keyOf) {
            this.root = root;
            this.keyOf = keyOf;
        }

        /** The row that has a key, or −1. */
        int row(byte[] key) {
            return KeyTree.row(root, key, keyOf);
        }

        /** The first rows, at most {@code limit}, with keys after this one; null: from the first key on. */
        int[] rows(byte @Nullable [] after, int limit) {
            Page page = new Page(limit);
            if (limit > 0) {
                collect(root, after, page);
            }
            return Arrays.copyOf(page.rows, page.count);
        }

        private void collect(Node node, byte @Nullable [] after, Page page) {
            Node[] children = node.children;
            if (children == null) {
                int from = after == null ? 0 : afterKey(node, after, keyOf);
                page.take(node.rows, from, node.count - from);
                return;
            }
            int first = after == null ? 0 : child(node, after, keyOf);
            for (int at = first; at < node.count && page.count < page.limit; at++) {
                collect(children[at], at == first ? after : null, page);
            }
        }
    }

    /** Rows that were found; grows with them, since a limit is only what somebody would like. */
    private static final class Page {
        private final int limit;
        private int[] rows;
        private int count;

        Page(int limit) {
            this.limit = limit;
            this.rows = new int[Math.min(limit, NODE_MAX)];
        }

        void take(int[] from, int at, int available) {
            int taken = Math.min(available, limit - count);
            if (count + taken > rows.length) {
                rows = Arrays.copyOf(rows, (int) Math.min(limit, Math.max(count + taken, 2L * rows.length)));
            }
            System.arraycopy(from, at, rows, count, taken);
            count += taken;
        }
    }

    /** What the tree is now, for readers. */
    Picture picture() {
        edit++;
        return new Picture(root, keyOf);
    }

    /** The row that has a key now, or −1. */
    int row(byte[] key) {
        return row(root, key, keyOf);
    }

    private static int row(Node root, byte[] key, IntFunction<byte[]> keyOf) {
        Node node = root;
        Node[] children = node.children;
        while (children != null) {
            node = children[child(node, key, keyOf)];
            children = node.children;
        }
        int at = afterKey(node, key, keyOf) - 1;
        return at >= 0 && Arrays.equals(keyOf.apply(node.rows[at]), key) ? node.rows[at] : -1;
    }

    /** The first entry of a leaf whose key is after this one. */
    private static int afterKey(Node node, byte[] key, IntFunction<byte[]> keyOf) {
        return firstAfter(node, 0, key, keyOf);
    }

    /** The child below which a key is, if anywhere. */
    private static int child(Node node, byte[] key, IntFunction<byte[]> keyOf) {
        return firstAfter(node, 1, key, keyOf) - 1;
    }

    private static int firstAfter(Node node, int from, byte[] key, IntFunction<byte[]> keyOf) {
        int low = from;
        int high = node.count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(keyOf.apply(node.rows[middle]), key) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Gives a key to a row; answers the row that had it, or −1. */
    int put(byte[] key, int row) {
        older = -1;
        split = null;
        root = insert(root, key, row);
        Node right = split;
        if (right != null) {
            root = new Node(edit, new int[] {root.rows[0], right.rows[0]}, new Node[] {root, right});
        }
        return older;
    }

    /** The node with the row in it; what it has no room for is left in {@code split}. */
    private Node insert(Node node, byte[] key, int row) {
        Node own = own(node);
        Node[] children = own.children;
        if (children == null) {
            int at = afterKey(own, key, keyOf);
            if (at > 0 && Arrays.equals(keyOf.apply(own.rows[at - 1]), key)) {
                older = own.rows[at - 1];
                own.rows[at - 1] = row;
                return own;
            }
            return withRoom(own, at, row, null);
        }
        int at = child(own, key, keyOf);
        children[at] = insert(children[at], key, row);
        Node right = split;
        if (right == null) {
            return own;
        }
        split = null;
        return withRoom(own, at + 1, right.rows[0], right);
    }

    private Node withRoom(Node own, int at, int row, @Nullable Node child) {
        if (own.count < NODE_MAX) {
            own.insert(at, row, child);
            return own;
        }
        // Keys often come in order: what goes to the end then leaves full nodes behind, not half empty ones.
        int middle = at == own.count ? own.count - 1 : own.count / 2;
        Node left = own.part(edit, 0, middle);
        Node right = own.part(edit, middle, own.count);
        if (at <= middle) {
            left.insert(at, row, child);
        } else {
            right.insert(at - middle, row, child);
        }
        split = right;
        return left;
    }

    private Node own(Node node) {
        return node.edit == edit ? node : node.part(edit, 0, node.count);
    }

    /** Takes a key from a row; does nothing where another row has it, or none. */
    void remove(byte[] key, int row) {
        if (row(key) != row) {
            return;
        }
        root = without(root, key);
        Node[] children = root.children;
        while (children != null && root.count == 1) {
            root = children[0];
            children = root.children;
        }
    }

    private Node without(Node node, byte[] key) {
        Node own = own(node);
        Node[] children = own.children;
        if (children == null) {
            own.remove(afterKey(own, key, keyOf) - 1);
            return own;
        }
        int at = child(own, key, keyOf);
        children[at] = without(children[at], key);
        if (children[at].count < NODE_MIN && own.count > 1) {
            mergeAround(own, Math.min(at, own.count - 2));
        }
        return own;
    }

    /** Makes one child of two, if that leaves room. */
    private void mergeAround(Node own, int at) {
        Node[] children = java.util.Objects.requireNonNull(own.children);
        Node left = children[at];
        Node right = children[at + 1];
        if (left.count > 0 && right.count > 0 && left.count + right.count > MERGED_MAX) {
            return;
        }
        Node merged = left.part(edit, 0, left.count);
        for (int i = 0; i < right.count; i++) {
            // What the first entry of an inner node said did not count; now it has to be what its parent said of it.
            boolean border = i == 0 && right.children != null;
            merged.insert(
                    merged.count,
                    border ? own.rows[at + 1] : right.rows[i],
                    right.children == null ? null : right.children[i]);
        }
        children[at] = merged;
        own.remove(at + 1);
    }
}
