package dev.kith.shell.language;

import dev.kith.shell.language.Condition.Operator;
import java.util.List;

/**
 * Conditions. There is no precedence: what stands to the right of AND or OR takes everything after it, so
 * {@code (a) AND (b) OR (c)} is a AND (b OR c).
 */
final class Conditions {
    /** Deepest nesting, so that no line exhausts the stack; each operand of a chain is one deeper than the last. */
    static final int DEPTH_MAX = 1_000;

    private final Cursor cursor;
    private final Pieces pieces;

    Conditions(Cursor cursor, Pieces pieces) {
        this.cursor = cursor;
        this.pieces = pieces;
    }

    /** A condition as statements have it, in parentheses. */
    Condition condition() {
        cursor.skipBlanks();
        if (cursor.peek() != '(') {
            throw cursor.expected("'(' and a condition");
        }
        return expression(0);
    }

    private Condition expression(int depth) {
        cursor.skipBlanks();
        if (depth == DEPTH_MAX) {
            throw cursor.fault(cursor.position(), "a condition is at most " + DEPTH_MAX + " deep");
        }
        if (!cursor.takeSign('(')) {
            return comparison();
        }
        Condition left = expression(depth + 1);
        cursor.sign(')');
        while (true) {
            if (cursor.takeWords("AND")) {
                left = new Condition.And(left, expression(depth + 1));
            } else if (cursor.takeWords("OR")) {
                left = new Condition.Or(left, expression(depth + 1));
            } else {
                return left;
            }
        }
    }

    private Condition comparison() {
        String key = cursor.name("a key, or '('");
        if (cursor.takeSign('=')) {
            return new Condition.Comparison(key, Operator.EQUALS, List.of(pieces.value()));
        }
        if (cursor.takeSign('!')) {
            cursor.sign('=');
            return new Condition.Comparison(key, Operator.NOT_EQUALS, List.of(pieces.value()));
        }
        if (cursor.takeWords("IN")) {
            return new Condition.Comparison(key, Operator.IN, pieces.list(pieces::value));
        }
        if (cursor.takeWords("NOT", "IN")) {
            return new Condition.Comparison(key, Operator.NOT_IN, pieces.list(pieces::value));
        }
        throw cursor.expected("=, !=, IN or NOT IN");
    }
}
