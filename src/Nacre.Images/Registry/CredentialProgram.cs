using System.Text;
using System.Text.RegularExpressions;
using Nacre.Images.Oci;

namespace Nacre.Images.Registry;

/// <summary>
/// A program <c>docker-credential-NAME</c>: the registry on its standard input, a JSON object with <c>Username</c> and <c>Secret</c> on its
/// standard output (docker-credential-helpers).
/// </summary>
internal static partial class CredentialProgram
{
    private const string TokenUser = "<token>";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>Null when the helper has nothing for this registry.</summary>
    /// <exception cref="ImageException">It is missing, fails, hangs, or answers something else.</exception>
    public static async ValueTask<Login?> GetAsync(string name, string registry, CancellationToken cancel)
    {
        if (!Name().IsMatch(name))
            throw new ImageException(ImageFault.Malformed, $"'{name}' is no name of a credential helper", registry, "correct the auth.json");

        var program = $"docker-credential-{name}";
        var answer = await ExternalProgram.AskAsync(program, ["get"], Encoding.UTF8.GetBytes(registry + "\n"), s_timeout, cancel);
        if (answer.ExitCode == 0)
            return Parse(answer.Output, program);

        // Helpers say this one thing on either stream; anything else may hold what is no business of a log.
        var said = Encoding.UTF8.GetString(answer.Output) + Encoding.UTF8.GetString(answer.Error);
        return said.Contains("credentials not found", StringComparison.OrdinalIgnoreCase) ? null : throw new ImageException(
            ImageFault.Denied, $"the credential helper {program} ended with {answer.ExitCode}", registry, $"run it by hand: echo REGISTRY | {program} get");
    }

    private static Login? Parse(byte[] answer, string program)
    {
        var json = OciJson.Parse(answer, program);
        var (user, secret) = (OciJson.Text(json, "Username", program), OciJson.Text(json, "Secret", program));
        return (user, secret) switch
        {
            ("", "") => null,
            (TokenUser, _) => new("", "", secret),
            _ => new(user, secret, IdentityToken: null),
        };
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}\z", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
