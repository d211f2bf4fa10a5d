/* @TITLE@: cells to be driven by a loop of yours, in C or C++. No Python, no files.

       @LIBRARY@_cells* cells = @LIBRARY@_init(2, 0);     two cells at rest, with the model's own step
       @LIBRARY@_set(cells, "@EXAMPLE@", @WHICH@, @VALUE@);
       @LIBRARY@_rest(cells);                    at rest again, with these parameters
       while (...)
           spikes = @LIBRARY@_step(cells, currents, fired);
       @LIBRARY@_destroy(cells);

   Any number of such sets of cells may exist side by side, each used by one thread at a time.
   Values are numbers in these units, times are in ms:

@NAMES@

   What cannot be done returns -1 (NULL from init, NaN from get), changes nothing, and error() says
   why. */
#ifndef @LIBRARY@_H
#define @LIBRARY@_H
#ifdef __cplusplus
extern "C" {
#endif

typedef struct @LIBRARY@_cells @LIBRARY@_cells;

#define @LIBRARY@_ALL (-1) /* in the place of a cell's number: all of them */

/* Make cells with the model's parameters, at rest without input (where it has no rest, at its
   initial values). A step of 0 stands for the model's own, which is the only one where the model reads
   timed arrays. */
@LIBRARY@_cells* @LIBRARY@_init(int cells, double step_ms);

/* Free them. */
void @LIBRARY@_destroy(@LIBRARY@_cells* cells);

/* Set a parameter, a state variable or the input of one cell, or of all. */
int @LIBRARY@_set(@LIBRARY@_cells* cells, const char* name, int cell, double value);

/* Return a parameter, a state variable or the input of a cell. */
double @LIBRARY@_get(const @LIBRARY@_cells* cells, const char* name, int cell);

/* Put all cells at rest for the present parameters; the time stays. Return how many have no rest and
   were put at the initial values. */
int @LIBRARY@_rest(@LIBRARY@_cells* cells);

/* Go one step on, with an input for each cell that holds during the step; NULL: the inputs of before.
   Return the number of spikes; `fired`, if it is not NULL, gets a 1 for each cell that has fired in
   this step and a 0 for the others. */
int @LIBRARY@_step(@LIBRARY@_cells* cells, const double* input, int* fired);

/* The time at the end of the last step, and when a cell fired last, located inside the step where
   the model was exported so; NaN if it never did. */
double @LIBRARY@_time(const @LIBRARY@_cells* cells);
double @LIBRARY@_spike_time(const @LIBRARY@_cells* cells, int cell);

/* Begin the random numbers of a noisy model anew; else they differ from run to run. */
void @LIBRARY@_seed(@LIBRARY@_cells* cells, unsigned long long seed);

/* Why the last call of this thread that failed did so. */
const char* @LIBRARY@_error(void);

#ifdef __cplusplus
}
#endif
#endif
