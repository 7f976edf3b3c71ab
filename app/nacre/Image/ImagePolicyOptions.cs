using System.CommandLine;
using Nacre.Images.Policy;
using Nacre.Images.Signatures;

namespace Nacre.Cli.Image;

/// <summary>
/// By whom an image must be signed, and where signatures are: the options of the verbs that verify. One of <c>--policy</c>, <c>--key</c>,
/// <c>--notation-policy</c> and, where allowed, <c>--insecure-accept-anything</c> must be there.
/// </summary>
internal sealed class ImagePolicyOptions
{
    private readonly Option<FileInfo?> _policy = new("--policy") { Description = "containers-policy.json." };
    private readonly Option<string[]> _keys = new("--key") { Description = "Public key that must have signed, or one of several: a PEM file or kbs:///…" };
    private readonly Option<bool> _anything = new("--insecure-accept-anything") { Description = "No signature is asked for." };
    private readonly NotationOptions _notation;
    private readonly SignatureStoreOptions _stores;

    private ImagePolicyOptions(Command command, bool mayAcceptAnything)
    {
        command.Options.Add(_policy);
        command.Options.Add(_keys);
        if (mayAcceptAnything)
            command.Options.Add(_anything);
        _notation = NotationOptions.AddTo(command);
        _stores = SignatureStoreOptions.AddTo(command);
    }

    public static ImagePolicyOptions AddTo(Command command, bool mayAcceptAnything) => new(command, mayAcceptAnything);

    /// <summary>Any of them, but for those that say where signatures are.</summary>
    public bool AreGiven(ParseResult line) =>
        line.GetResult(_policy) is not null || line.GetResult(_keys) is not null || line.GetValue(_anything) || _notation.AreGiven(line);

    /// <exception cref="FormatException">None was given, or two that contradict each other.</exception>
    public async Task<ImagePolicy> ReadAsync(ParseResult line, CancellationToken cancel)
    {
        if (line.GetValue(_anything))
            return ImagePolicy.InsecureAcceptAnything;

        return (line.GetValue(_policy), line.GetValue(_keys) ?? []) switch
        {
            (null, []) when _notation.AreGiven(line) => ImagePolicy.OnlyNotation,
            ({ } policy, []) => ImagePolicy.Parse(await File.ReadAllBytesAsync(policy.FullName, cancel), policy.FullName),
            (null, { Length: > 0 } keys) => ImagePolicy.RequireKeys(keys),
            _ => throw new FormatException("give either --policy FILE or --key FILE, or --notation-policy FILE"),
        };
    }

    public async Task<SignatureOptions> ReadSignaturesAsync(ParseResult line, CancellationToken cancel) =>
        _stores.Read(line) with { Notation = await _notation.ReadAsync(line, cancel) };
}
