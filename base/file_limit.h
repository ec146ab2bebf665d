// RaiseFileLimit: as many open files and sockets as the system lets this process have.
//
// Systems start processes with a soft limit of 1024, which a server meets with its clients.
#pragma once

namespace terrella {

// Best effort; before there is a second thread.
void RaiseFileLimit();

}  // namespace terrella
