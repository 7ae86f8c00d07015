/* A process that does nothing: what any process costs. */
#include "process.h"

int main(int argc, char **argv)
{
    (void)argv;
    return finish(argc, 0);
}
