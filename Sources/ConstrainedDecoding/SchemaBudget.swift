internal import JSON

/// What a schema may take to be compiled: a small one may stand for very many branches.
final class SchemaBudget {
    private static let limit = 50_000

    private var spent = 0

    /// Takes steps from the budget; what is beyond it is refused.
    func spend(_ steps: Int, at place: JSONPath) throws(ConstraintError) {
        spent += steps
        guard spent <= Self.limit else {
            throw ConstraintError(
                place: place.description, message: "The schema is too complex: it comes to too much at '\(place)'.")
        }
    }
}
