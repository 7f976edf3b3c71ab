using System.Text;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.ReferenceValues.InToto;
using Nacre.Attestation.ReferenceValues.Swid;
using Nacre.Formats.Corim;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>The vectors of supply chains, told by their content. Layout and links of a folder are one chain, whose owners' keys lie beside them.</summary>
internal sealed class SupplyChainVectors : IVectorSubject
{
    public string Tee => "supply-chain";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        Assert.Null(file.Expected);
        if (file.Verdict == "reference")
            return ValueTask.CompletedTask;

        Action check = file.Read() switch
        {
            [0xd9, 0x01, 0xf5, ..] bytes => () => CorimManifest.Parse(bytes),
            [(byte)'-', ..] bytes => () => SupplyChainKey.FromPem(Encoding.ASCII.GetString(bytes)),
            [(byte)'{', ..] => () => CheckChain(file),
            var bytes => () => Assert.NotEmpty(SwidManifest.Read(Convert.FromBase64String(Encoding.ASCII.GetString(bytes)))),
        };
        switch (file.Verdict)
        {
            case "valid" or "parse-only":
                check();
                break;
            case "invalid":
                Assert.ThrowsAny<Exception>(check).RequireDocumented();
                break;
            default:
                Assert.Fail($"the verdict '{file.Verdict}' is not known");
                break;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        Assert.Fail("no case of supply chains is known");
        return ValueTask.CompletedTask;
    }

    // A file that is said to be wrong stands in for the right one of its kind; of the others only those that are right take part.
    private static void CheckChain(VectorEntry file)
    {
        var folder = Path.GetDirectoryName(file.Id);
        var beside = file.Manifest.Files.Where(other => Path.GetDirectoryName(other.Id) == folder && (other == file || other.Verdict == "valid")).ToList();
        var documents = beside.ToDictionary(other => Path.GetFileName(other.Id), other => other.Read());
        var owners = documents.Values.Where(bytes => bytes[0] == '-').Select(bytes => SupplyChainKey.FromPem(Encoding.ASCII.GetString(bytes))).ToList();
        InTotoSupplyChain.Verify(documents.Where(file => file.Value[0] == '{').ToDictionary(), owners, file.EvaluateAt);
    }
}
