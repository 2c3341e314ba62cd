internal import Synchronization

/// Whether a client has called a reply off: then it ends as one that is cut, with what there is of it.
final class ReplyAbortion: Sendable {
    private let flag = Atomic(false)

    var isAskedFor: Bool { flag.load(ordering: .acquiring) }

    func ask() { flag.store(true, ordering: .releasing) }
}
