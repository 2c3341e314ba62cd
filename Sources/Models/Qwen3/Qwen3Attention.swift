internal import Compute

/// Causal attention with grouped queries; each query and key head has an RMSNorm before it is turned to its position.
final class Qwen3Attention {
    /// What the projections add, where `attention_bias` says that they do.
    struct Biases {
        let query: WeightVector
        let key: WeightVector
        let value: WeightVector
        let output: WeightVector
    }

    private let query: WeightMatrix
    private let key: WeightMatrix
    private let value: WeightMatrix
    private let queryNorm: WeightVector
    private let keyNorm: WeightVector
    private let output: WeightMatrix
    private let biases: Biases?
    private let headCount: Int
    private let headDimension: Int
    private let epsilon: Float

    init(
        query: WeightMatrix,
        key: WeightMatrix,
        value: WeightMatrix,
        queryNorm: WeightVector,
        keyNorm: WeightVector,
        output: WeightMatrix,
        biases: Biases?,
        shape: ModelShape,
        epsilon: Float
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.queryNorm = queryNorm
        self.keyNorm = keyNorm
        self.output = output
        self.biases = biases
        headCount = shape.headCount
        headDimension = shape.headDimension
        self.epsilon = epsilon
    }

    /// How the projections want their input quantised, or nil.
    var inputGroup: ActivationGroup? { .wanted(by: query.format, key.format, value.format) }

    /// Writes the keys and values of the step's input rows to the cache, attends, and projects: `[rows × hidden]`.
    func forward(into result: RowsView, step: Qwen3Step, plane: KVPlane) {
        multiply(step.input, by: (query, step.queries), (key, step.keys), (value, step.values), pool: step.pool)
        add(biases?.query, to: step.queries, step)
        add(biases?.key, to: step.keys, step)
        add(biases?.value, to: step.values, step)
        unsafe rotate((step.queries, queryNorm.pointer), (step.keys, keyNorm.pointer), step)
        unsafe storeKeysAndValues(keys: step.keys, values: step.values, at: step.slots, in: plane, pool: step.pool)
        attendAndProject(into: result, step: step, plane: plane)
    }

    /// Does no more of that than others need who attend to the rows.
    func remember(step: Qwen3Step, plane: KVPlane) {
        multiply(step.input, by: (key, step.keys), (value, step.values), quantizing: inputGroup, pool: step.pool)
        add(biases?.key, to: step.keys, step)
        add(biases?.value, to: step.values, step)
        unsafe rotate((step.keys, keyNorm.pointer), nil, step)
        unsafe storeKeysAndValues(keys: step.keys, values: step.values, at: step.slots, in: plane, pool: step.pool)
    }

    /// Does the rest, for rows whose keys and values are in the cache.
    func recall(into result: RowsView, step: Qwen3Step, plane: KVPlane) {
        multiply(step.input, by: query, into: step.queries, quantizing: inputGroup, pool: step.pool)
        add(biases?.query, to: step.queries, step)
        unsafe rotate((step.queries, queryNorm.pointer), nil, step)
        attendAndProject(into: result, step: step, plane: plane)
    }

    private func attendAndProject(into result: RowsView, step: Qwen3Step, plane: KVPlane) {
        attend(
            queries: step.queries,
            into: step.queries,
            batch: step.sequences,
            plane: plane,
            headCount: headCount,
            scale: 1 / Float(headDimension).squareRoot(),
            pool: step.pool
        )
        step.input.load(step.queries)
        multiply(step.input, by: output, into: result, pool: step.pool)
        add(biases?.output, to: result, step)
    }

    private func rotate(_ heads: Heads, _ others: Heads?, _ step: Qwen3Step) {
        unsafe Compute.rotate(
            heads,
            others,
            headDimension: headDimension,
            epsilon: epsilon,
            positions: step.rotationRows,
            tables: step.rotations,
            pool: step.pool
        )
    }

    private func add(_ bias: WeightVector?, to rows: RowsView, _ step: Qwen3Step) {
        guard let bias else { return }
        unsafe Compute.add(bias.pointer, toEachRowOf: rows, pool: step.pool)
    }
}
