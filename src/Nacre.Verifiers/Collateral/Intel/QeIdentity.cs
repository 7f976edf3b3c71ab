using Nacre.Formats.Json;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>The identity of Intel's quoting enclave, version 2 (evidence.md 2.4).</summary>
public sealed class QeIdentity
{
    private const string Structure = "intel.qe_identity";

    private QeIdentity()
    {
    }

    /// <summary><c>QE</c>, <c>TD_QE</c> or <c>QVE</c>.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset IssueDate { get; init; }
    public required DateTimeOffset NextUpdate { get; init; }
    public required int EvaluationDataNumber { get; init; }
    public required byte[] MiscSelect { get; init; }
    public required byte[] MiscSelectMask { get; init; }
    public required byte[] Attributes { get; init; }
    public required byte[] AttributesMask { get; init; }
    public required byte[] MrSigner { get; init; }
    public required int IsvProdId { get; init; }
    public required IReadOnlyList<IsvSvnLevel> Levels { get; init; }

    internal static SignedBody<QeIdentity> Parse(ReadOnlyMemory<byte> utf8) => IntelJson.Parse(utf8, Structure, "enclaveIdentity", Read);

    private static QeIdentity Read(JsonFields body)
    {
        if (IntelJson.Number(body, "version", 2) != 2)
            throw body.Malformed("version", "must be 2");

        var id = body.Text("id", 8);
        if (id is not ("QE" or "TD_QE" or "QVE"))
            throw body.Malformed("id", "must be QE, TD_QE or QVE");

        return new()
        {
            Id = id,
            IssueDate = IntelJson.Date(body, "issueDate"),
            NextUpdate = IntelJson.Date(body, "nextUpdate"),
            EvaluationDataNumber = IntelJson.Number(body, "tcbEvaluationDataNumber", int.MaxValue),
            MiscSelect = IntelJson.Hex(body, "miscselect", 4),
            MiscSelectMask = IntelJson.Hex(body, "miscselectMask", 4),
            Attributes = IntelJson.Hex(body, "attributes", 16),
            AttributesMask = IntelJson.Hex(body, "attributesMask", 16),
            MrSigner = IntelJson.Hex(body, "mrsigner", 32),
            IsvProdId = IntelJson.Number(body, "isvprodid", ushort.MaxValue),
            Levels = IntelJson.IsvSvnLevels(body, Structure),
        };
    }
}
