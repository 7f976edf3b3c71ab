using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.ReferenceValues.Slsa;

/// <summary>
/// What is said of products (in-toto attestation framework, Statement v0.1 and v1): digests by name, and a predicate of a type. Members that are
/// not known are passed over, as the framework says: they only ever add to what is said.
/// </summary>
internal sealed record InTotoStatement(
    IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Digests)> Subjects, string PredicateType, JsonFields Predicate)
{
    private static readonly string[] s_types = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"];

    /// <exception cref="MalformedDataException">It is no such statement.</exception>
    public static InTotoStatement Parse(byte[] utf8)
    {
        using var document = StrictJson.Parse(utf8, "in-toto.statement", ReferenceValueMessage.MaxBytes);
        var fields = new JsonFields("in-toto.statement", document.RootElement.Clone());
        if (!s_types.Contains(fields.Text("_type", 256)))
            throw fields.Malformed("_type", $"must be {string.Join(" or ", s_types)}");

        var subjects = fields.Objects("subject", "in-toto.subject").Select(one => (one.Text("name", 512), one.Object("digest").Digests())).ToList();
        return subjects.Count > 0
            ? new(subjects, fields.Text("predicateType", 256), fields.Object("predicate"))
            : throw fields.Malformed("subject", "is empty");
    }
}
