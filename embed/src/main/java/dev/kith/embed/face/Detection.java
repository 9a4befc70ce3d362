package dev.kith.embed.face;

import dev.kith.embed.face.Face.Box;
import dev.kith.embed.models.Network;
import dev.kith.embed.pipeline.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Candidates out of what a detector gives for a square picture. Both families look at a grid of cells of 8, 16 and 32
 * pixels. SCRFD (Guo et al. 2021, the "10g" of InsightFace) has two anchors a cell, in whose units of cells the four
 * sides of the box and the five points are told. YuNet (Wu et al. 2023, of OpenCV's zoo) has one, and tells the middle
 * and the logarithm of the size.
 */
final class Detection {
    private static final int[] STRIDES = {8, 16, 32};
    private static final int SCRFD_ANCHORS = 2;
    private static final int POINTS = 5;

    private final int side;
    private final float threshold;
    private final List<Face> faces = new ArrayList<>();

    private Detection(int side, float threshold) {
        this.side = side;
        this.threshold = threshold;
    }

    /**
     * @param side of the picture in pixels, a multiple of 32; {@code threshold} is the least confidence of a
     * candidate
     */
    static List<Face> scrfd(Map<String, Tensor.Floats> outputs, int side, float threshold) {
        Detection detection = new Detection(side, threshold);
        for (int stride : STRIDES) {
            int count = detection.cells(stride) * SCRFD_ANCHORS;
            // The names are numbers of an export; the shapes tell the outputs apart.
            detection.scrfd(stride, new float[][] {
                shaped(outputs, count, 1), shaped(outputs, count, 4), shaped(outputs, count, 2 * POINTS)
            });
        }
        return detection.faces;
    }

    private void scrfd(int stride, float[][] told) {
        int across = side / stride;
        for (int at = 0; at < told[0].length; at++) {
            float confidence = told[0][at];
            if (!(confidence >= threshold)) {
                continue;
            }
            int cell = at / SCRFD_ANCHORS;
            int x = cell % across * stride;
            int y = cell / across * stride;
            float[] sides = told[1];
            Box box = new Box(
                    x - sides[at * 4] * stride,
                    y - sides[at * 4 + 1] * stride,
                    x + sides[at * 4 + 2] * stride,
                    y + sides[at * 4 + 3] * stride);
            add(box, confidence, points(told[2], at, new float[] {x, y, stride}));
        }
    }

    /** As {@link #scrfd}; outputs go by their names. */
    static List<Face> yunet(Map<String, Tensor.Floats> outputs, Network network, int side, float threshold) {
        Detection detection = new Detection(side, threshold);
        for (int stride : STRIDES) {
            detection.yunet(stride, new float[][] {
                named(outputs, network.output("cls_" + stride), detection.cells(stride)),
                named(outputs, network.output("obj_" + stride), detection.cells(stride)),
                named(outputs, network.output("bbox_" + stride), detection.cells(stride) * 4),
                named(outputs, network.output("kps_" + stride), detection.cells(stride) * 2 * POINTS)
            });
        }
        return detection.faces;
    }

    private void yunet(int stride, float[][] told) {
        int across = side / stride;
        for (int at = 0; at < told[0].length; at++) {
            float confidence = (float) Math.sqrt(Math.clamp(told[0][at], 0f, 1f) * Math.clamp(told[1][at], 0f, 1f));
            if (!(confidence >= threshold)) {
                continue;
            }
            float[] sides = told[2];
            int column = at % across;
            int row = at / across;
            float x = (column + sides[at * 4]) * stride;
            float y = (row + sides[at * 4 + 1]) * stride;
            float width = (float) Math.exp(sides[at * 4 + 2]) * stride;
            float height = (float) Math.exp(sides[at * 4 + 3]) * stride;
            Box box = new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2);
            add(box, confidence, points(told[3], at, new float[] {column * (float) stride, row * (float) stride, stride
            }));
        }
    }

    private int cells(int stride) {
        return (side / stride) * (side / stride);
    }

    /** @param cell where it begins, x and y, and its size */
    private static float[] points(float[] told, int at, float[] cell) {
        float[] points = new float[2 * POINTS];
        for (int i = 0; i < points.length; i++) {
            points[i] = cell[i % 2] + told[at * points.length + i] * cell[2];
        }
        return points;
    }

    /** What is not a number, or has no extent, is no face. */
    private void add(Box box, float confidence, float[] points) {
        boolean finite = Float.isFinite(box.x1() + box.y1() + box.x2() + box.y2());
        for (float point : points) {
            finite &= Float.isFinite(point);
        }
        if (finite && box.width() > 0 && box.height() > 0) {
            faces.add(new Face(box, confidence, points));
        }
    }

    private static float[] shaped(Map<String, Tensor.Floats> outputs, int rows, int columns) {
        return outputs.values().stream()
                .filter(each -> each.values().length == (long) rows * columns
                        && each.shape()[each.shape().length - 1] == columns)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalStateException("the detector gives no output of %d × %d".formatted(rows, columns)))
                .values();
    }

    private static float[] named(Map<String, Tensor.Floats> outputs, String name, int count) {
        Tensor.Floats output = outputs.get(name);
        if (output == null || output.values().length != count) {
            throw new IllegalStateException("the detector gives %s as %s instead of %d numbers"
                    .formatted(name, output == null ? "nothing" : Arrays.toString(output.shape()), count));
        }
        return output.values();
    }
}
