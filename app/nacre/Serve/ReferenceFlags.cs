using System.CommandLine;
using Nacre.Attestation;
using Nacre.Attestation.Policies;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;
using Nacre.KeyBroker;

namespace Nacre.Cli.Serve;

/// <summary>Whose signatures on reference values are believed, and which policies appraise.</summary>
internal sealed class ReferenceFlags
{
    private readonly Option<string[]> _trust = new("--reference-trust")
    {
        Description = "[TYPE=]FILE or [TYPE=]FOLDER with public keys and certificates in PEM whose signatures on reference values are "
            + "believed, on documents of that type (slsa, corim, swid, jws, in-toto) or of all; may be repeated. "
            + "Each owner of in-toto layouts must have signed.",
    };

    private readonly Option<bool> _unsigned = new("--accept-unsigned-references")
    {
        Description = "Take CoRIM and SWID documents without a signature from whoever may register reference values, as upstream does.",
    };

    private readonly Option<bool> _skip = new("--skip-inspections")
    {
        Description = "Take in-toto layouts that have inspections, which a server does not run.",
    };

    private readonly Option<string[]> _policies = new("--policy-id")
    {
        Description = "Set of attestation policies that appraises, such as default for default_cpu and default_gpu; may be repeated: "
            + "all must be content.",
    };

    private ReferenceFlags()
    {
    }

    public static ReferenceFlags AddTo(Command command, bool hasPolicies)
    {
        var flags = new ReferenceFlags();
        command.Options.Add(flags._trust);
        command.Options.Add(flags._unsigned);
        command.Options.Add(flags._skip);
        if (hasPolicies)
            command.Options.Add(flags._policies);
        return flags;
    }

    public TrustServerOptions AddTo(ParseResult line, TrustServerOptions options) => options with
    {
        ReferenceTrust = new()
        {
            Signers = [.. (line.GetValue(_trust) ?? []).SelectMany(ReadSigners)],
            AcceptUnsigned = line.GetValue(_unsigned),
            AcceptSkippedInspections = line.GetValue(_skip),
        },
        PolicyIds = line.GetValue(_policies) is { Length: > 0 } ids ? RequirePolicies(ids) : AttestationServiceOptions.DefaultPolicySets,
    };

    private static string[] RequirePolicies(string[] ids)
    {
        if (ids.FirstOrDefault(id => !PolicyDocument.IsId(id)) is { } wrong)
            throw new CommandException(
                $"'{wrong}' is no id of policies", "it is a-z A-Z 0-9 - _ . and without the class of the TEE, such as default");

        return ids.Length <= AttestationServiceOptions.MaxPolicySets && ids.Distinct().Count() == ids.Length
            ? ids : throw new CommandException($"--policy-id may be given {AttestationServiceOptions.MaxPolicySets} times, each with another id");
    }

    private static IEnumerable<ReferenceSigner> ReadSigners(string text)
    {
        var (type, path) = text.Split('=', 2) is [var before, var after] && !before.Contains('/') ? (before, after) : (null, text);
        if (type is not null && !ReferenceValueExtractors.Types.Contains(type))
            throw new CommandException(
                $"'{type}' is no type of documents with reference values", $"it is one of {string.Join(", ", ReferenceValueExtractors.Types)}");

        return Files(path).SelectMany(file => ReadFile(type, file));
    }

    private static string[] Files(string path)
    {
        if (!Directory.Exists(path))
            return [path];

        string[] files = [.. Directory.EnumerateFiles(path).Where(file => Path.GetExtension(file) is ".pem" or ".pub" or ".crt" or ".cer").Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new CommandException($"the folder '{path}' holds no .pem, .pub, .crt or .cer file");
    }

    private static IReadOnlyList<ReferenceSigner> ReadFile(string? type, string file)
    {
        try
        {
            return ReferenceSigner.FromPem(type, File.ReadAllText(file));
        }
        catch (Exception e) when (e is MalformedDataException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{file}' cannot be read: {e.Message}", "--reference-trust names public keys and certificates in PEM");
        }
    }
}
