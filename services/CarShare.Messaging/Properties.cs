using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CarShare.UnitTests")]
[assembly: InternalsVisibleTo("CarShare.ServiceTests")]
