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
        let (queries, keys, values, pool) = (step.queries, step.keys, step.values, step.pool)
        multiply(step.input, by: (query, queries), (key, keys), (value, values), pool: pool)
        if let biases {
            unsafe add(biases.query.pointer, toEachRowOf: queries, pool: pool)
            unsafe add(biases.key.pointer, toEachRowOf: keys, pool: pool)
            unsafe add(biases.value.pointer, toEachRowOf: values, pool: pool)
        }
        unsafe rotate(
            queries: (queries, queryNorm.pointer),
            keys: (keys, keyNorm.pointer),
            headDimension: headDimension,
            epsilon: epsilon,
            positions: step.rotationRows,
            tables: step.rotations,
            pool: pool
        )
        unsafe storeKeysAndValues(keys: keys, values: values, at: step.slots, in: plane, pool: pool)
        attend(
            queries: queries,
            into: queries,
            batch: step.sequences,
            plane: plane,
            headCount: headCount,
            scale: 1 / Float(headDimension).squareRoot(),
            pool: pool
        )
        step.input.load(queries)
        multiply(step.input, by: output, into: result, pool: pool)
        if let biases { unsafe add(biases.output.pointer, toEachRowOf: result, pool: pool) }
    }
}
