internal import Foundation

/// What every chunk of one reply says of itself.
struct ReplyIdentity: Sendable {
    /// Such as `chatcmpl-` and 24 random characters.
    var id: String
    /// When the reply was begun, in seconds since 1970.
    var created: Int
    var model: String
    var fingerprint: String

    init(id: String, created: Int, model: String, fingerprint: String) {
        self.id = id
        self.created = created
        self.model = model
        self.fingerprint = fingerprint
    }

    /// A new identity with a random id.
    init(prefix: String, model: String, fingerprint: String) {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        let random = (0..<24).map { _ in digits[Int.random(in: digits.indices)] }
        self.init(
            id: prefix + String(random), created: Int(Date().timeIntervalSince1970), model: model,
            fingerprint: fingerprint)
    }
}
