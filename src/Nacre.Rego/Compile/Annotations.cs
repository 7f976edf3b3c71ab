using System.Text;
using Nacre.Rego.Builtins;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>
/// METADATA comments: blocks of YAML above a package or a rule. Answers <c>rego.metadata.rule()</c> and <c>rego.metadata.chain()</c>.
/// </summary>
internal sealed class Annotations
{
    private const string Mark = "# METADATA";

    private readonly List<(string Scope, string[] Path, Rule? Rule, RegoObject Value)> _all = [];

    public static Annotations Read(List<Module> modules)
    {
        var annotations = new Annotations();
        foreach (var module in modules)
            annotations.AddModule(module);

        return annotations;
    }

    public RegoValue OfRule(Rule rule) =>
        _all.Find(one => one.Scope == "rule" && ReferenceEquals(one.Rule, rule)).Value ?? RegoObject.Empty;

    /// <summary>From the rule outwards: the rule, its document, the package, the packages around it.</summary>
    public RegoArray Chain(Rule rule, Module module)
    {
        string[] package = [.. module.Package];
        string[] path = [.. package, .. rule.Head.Select(part => part is VarTerm name ? name.Name : (part as ScalarTerm)?.Value is RegoString text ? text.Value : part.Place.Text)];
        var chain = new List<RegoValue>();
        var own = _all.Find(one => one.Scope == "rule" && ReferenceEquals(one.Rule, rule)).Value;
        chain.Add(Entry(path, own));
        chain.AddRange(_all.Where(one => one.Scope == "document" && one.Path.SequenceEqual(path)).Select(one => Entry(path, one.Value)));
        chain.AddRange(_all.Where(one => one.Scope == "package" && one.Path.SequenceEqual(package)).Select(one => Entry(package, one.Value)));
        for (var length = package.Length; length >= 0; length--)
            chain.AddRange(_all.Where(one => one.Scope == "subpackages" && one.Path.AsSpan().SequenceEqual(package.AsSpan(0, length))).Select(one => Entry(one.Path, one.Value)));

        return RegoArray.From(chain);
    }

    private static RegoObject Entry(string[] path, RegoObject? value)
    {
        var members = new Dictionary<string, RegoValue> { ["path"] = RegoArray.From(path.Select(part => new RegoString(part))) };
        if (value is not null)
            members["annotations"] = value;

        return RegoObject.From(members);
    }

    private void AddModule(Module module)
    {
        var comments = module.Comments;
        for (var i = 0; i < comments.Count; i++)
        {
            if (comments[i].Text.TrimEnd() != Mark)
                continue;

            var (line, column) = module.Source.Position(comments[i].Start);
            var yaml = new StringBuilder();
            var last = line;
            while (i + 1 < comments.Count && module.Source.Position(comments[i + 1].Start) == (last + 1, column))
            {
                yaml.Append(comments[++i].Text.AsSpan(1)).Append('\n');
                last++;
            }

            Add(module, comments[i], yaml.ToString());
        }
    }

    private void Add(Module module, Comment comment, string yaml)
    {
        RegoObject value;
        try
        {
            value = Yaml.Read(yaml) as RegoObject ?? RegoObject.Empty;
        }
        catch (RegoBuiltinException e)
        {
            throw new RegoException(new Place(module.Source, comment.Start, comment.End).Error(RegoErrorCode.Parse, "invalid METADATA: " + e.Message));
        }

        var rule = module.Rules.Where(candidate => candidate.Place.Start > comment.Start).MinBy(candidate => candidate.Place.Start);
        var isPackage = module.PackagePlace.Start > comment.Start;
        var scope = (value["scope"] as RegoString)?.Value ?? (isPackage ? "package" : "rule");
        if (!isPackage && rule is null)
            return;

        string[] path = [.. module.Package];
        if (!isPackage)
            path = [.. path, .. rule!.Head.Select(part => part is VarTerm name ? name.Name : part.Place.Text.Trim('"'))];
        _all.Add((scope, path, isPackage ? null : rule, Normal(value, scope)));
    }

    // Authors and resources may be written short.
    private static RegoObject Normal(RegoObject value, string scope)
    {
        value = value.With(new RegoString("scope"), new RegoString(scope));
        if (value["authors"] is RegoArray authors)
            value = value.With(new RegoString("authors"), RegoArray.From(authors.Items.Select(Author)));
        if (value["related_resources"] is RegoArray resources)
            value = value.With(new RegoString("related_resources"), RegoArray.From(resources.Items.Select(
                one => one is RegoString ? RegoObject.From(new Dictionary<string, RegoValue> { ["ref"] = one }) : one)));

        return value;
    }

    private static RegoValue Author(RegoValue author)
    {
        if (author is not RegoString { Value: var text })
            return author;

        var open = text.LastIndexOf('<');
        var members = new Dictionary<string, RegoValue>();
        var name = (open >= 0 && text.EndsWith('>') ? text[..open] : text).Trim();
        if (name.Length > 0)
            members["name"] = new RegoString(name);
        if (open >= 0 && text.EndsWith('>'))
            members["email"] = new RegoString(text[(open + 1)..^1]);
        return RegoObject.From(members);
    }
}
