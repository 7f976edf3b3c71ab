using System.CommandLine;
using Nacre.Cli.Image;
using Nacre.Cli.KeyProvider;

var root = new RootCommand("Nacre runs containers on machines their owner does not trust.")
{
    ImageCommand.Create(),
    KeyProviderCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
