using System.CommandLine;
using System.Text.Json.Nodes;

namespace Nacre.Cli.Enclave;

/// <summary>Which programs get a secret, and until when.</summary>
internal sealed class IdentityOptions
{
    private readonly Option<string[]> _identities = new("--identity")
    {
        Description = "TEE:NAME=VALUE,… such as sgx:mrenclave=HEX or snp:measurement=HEX,min_svn=2; may be repeated, any one is enough.",
    };

    private readonly Option<string?> _expires = new("--expires") { Description = "Until when it is given, such as 2027-01-31T12:00:00Z." };

    public static IdentityOptions AddTo(Command command, bool withIdentities = true)
    {
        var options = new IdentityOptions();
        if (withIdentities)
            command.Options.Add(options._identities);
        command.Options.Add(options._expires);
        return options;
    }

    public void Read(ParseResult line, JsonObject body)
    {
        if (line.GetValue(_identities) is { Length: > 0 } identities)
            body["identities"] = IdentityText.ParseAll(identities);
        if (line.GetValue(_expires) is { } expires)
            body["expires"] = expires;
    }
}
